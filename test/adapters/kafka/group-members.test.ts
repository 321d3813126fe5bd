import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { Consumer } from '@platformatic/kafka'
import { hasProtocolError } from '../../../src/adapters/kafka/kafka-errors.ts'
import { gate } from '../../support/gate.ts'
import { readCommitted } from '../../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useOwnBroker } from '../../support/kafka/suite.ts'
import { numbered, recordsOf, uniqueName, waitUntilCaughtUp } from '../../support/log-harness.ts'
import { waitFor } from '../../support/wait-for.ts'
import { withProducer } from '../../support-kafka/client.ts'
import type { MemberSettings } from './member-process.ts'
import { offsetMessage } from './offset-message.ts'
import { startRequestProxy } from './request-proxy.ts'
import { anotherLog, collector, copyTo, judgedValues, openKafkaHarness } from './rig.ts'
import { startMemberProcess } from './start-member-process.ts'

const proxy = await startRequestProxy()

describe('members of a group on Kafka', kafkaSuiteOptions({ ownBroker: true }), () => {
  const broker = useOwnBroker({ advertisedPort: proxy.port })
  before(() => proxy.forwardTo(broker().proxiedPort ?? 0))
  after(() => proxy.close())
  const throughProxy = `127.0.0.1:${proxy.port}`
  const judged = (topic: string): Promise<readonly string[]> => judgedValues(readCommitted(broker().bootstrap, [topic]))

  const startProcess = (
    t: TestContext,
    settings: Pick<MemberSettings, 'group' | 'topic' | 'out'> & Partial<MemberSettings>,
  ) => startMemberProcess(t, { bootstrap: broker().bootstrap, ...settings })

  it('begin only where a transaction that is still to end will have left them', async (t) => {
    const clientId = 'stable'
    const { log, createTopic, startMember } = await openKafkaHarness(t, broker().bootstrap)
    const [topic, group] = [await createTopic(), uniqueName('group')]
    const positions = await log.append(recordsOf(topic, numbered('v', 10)))
    const next = positions[6]?.offset ?? 0
    const { values, step } = collector()
    await withProducer({ bootstrap: broker().bootstrap, transactionalId: uniqueName('tx') }, async (producer) => {
      const consumer = new Consumer({ clientId, bootstrapBrokers: [broker().bootstrap], groupId: group })
      const tx = await producer.beginTransaction()
      await tx.addConsumer(consumer)
      const coordinatorId = await consumer.findGroupCoordinator()
      await tx.addOffset(
        offsetMessage({ groupId: group, coordinatorId, topic, partition: 0, offset: BigInt(next - 1) }),
      )
      await consumer.close(true)
      startMember(anotherLog(t, throughProxy, { clientId }), { group, topics: [topic] }, step)
      await waitFor('it has asked again', () => proxy.count({ name: 'offsetFetch', clientId }) >= 3)
      assert.deepEqual(values, [])
      await tx.commit()
    })
    await waitUntilCaughtUp(log, group)
    assert.deepEqual(values, ['v6', 'v7', 'v8', 'v9'])
  })

  it('commit nothing after the group went on without them, whatever they know of it', async (t) => {
    const clientId = 'zombie'
    const { log, createTopic, startMember } = await openKafkaHarness(t, broker().bootstrap)
    const [topic, out, group] = [await createTopic(), await createTopic(), uniqueName('group')]
    await log.append(recordsOf(topic, numbered('v', 10)))
    const held = gate()
    let isTold = false
    const handed: number[] = []
    const zombie = anotherLog(t, throughProxy, { clientId })
    const member = startMember(zombie, { group, topics: [topic], recordsMax: 5 }, async (batch) => {
      handed.push(batch.slices[0]?.from ?? -1)
      await held.opened
      isTold = batch.signal.aborted
      return recordsOf(out, ['of the zombie'])
    })
    await waitFor('it is at work', () => handed.length === 1)
    proxy.swallow({ name: 'heartbeat', clientId })
    startMember(log, { group, topics: [topic] }, copyTo(out))
    await waitUntilCaughtUp(log, group)
    const commits = proxy.count({ name: 'txnOffsetCommit', clientId })
    held.open()
    await waitFor(
      'it is refused, or knows',
      () => isTold || proxy.count({ name: 'txnOffsetCommit', clientId }) > commits,
    )
    t.diagnostic(isTold ? 'it was told before' : 'the broker refused it')
    await member.stop()
    assert.deepEqual(await judged(out), numbered('v', 10))
    assert.deepEqual(
      (await log.lag(group)).map(({ lagRecords }) => lagRecords),
      [0],
    )
  })

  it('commit nothing after they were stopped for longer than their session lasts', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, broker().bootstrap)
    const [topic, out, group] = [await createTopic(), await createTopic(), uniqueName('group')]
    await log.append(recordsOf(topic, numbered('v', 10)))
    const { child, batches, goOn } = startProcess(t, { group, topic, out, recordsMax: 5, waits: true })
    await waitFor('the process is at work', () => batches.length === 1)
    child.kill('SIGSTOP')
    startMember(log, { group, topics: [topic] }, copyTo(out))
    await waitUntilCaughtUp(log, group)
    goOn()
    child.kill('SIGCONT')
    // Back in the group, it gets what comes now, or the other one does.
    await log.append(recordsOf(topic, ['after']))
    for (let count = 0; count < 10; count += 1) goOn()
    await waitUntilCaughtUp(log, group)
    assert.deepEqual(await judged(out), [...numbered('v', 10), 'after'])
  })

  it('leave no transaction behind that holds up others for more than 20 s when they are killed', async (t) => {
    const clientId = 'killed'
    const { log, createTopic, startMember } = await openKafkaHarness(t, broker().bootstrap)
    const [topic, out, group] = [await createTopic(), await createTopic(), uniqueName('group')]
    await log.append(recordsOf(topic, numbered('v', 10)))
    const keeping = proxy.keep({ name: 'endTxn', clientId })
    const { child } = startProcess(t, { bootstrap: throughProxy, clientId, group, topic, out })
    await keeping
    const killedMs = performance.now()
    child.kill('SIGKILL')
    const { values, step } = collector()
    startMember(log, { group, topics: [topic] }, copyTo(out))
    startMember(log, { group: uniqueName('reader'), topics: [out] }, step)
    await waitFor('another one has done its work, and it can be read', () => values.length >= 10)
    const elapsedMs = performance.now() - killedMs
    t.diagnostic(`${Math.round(elapsedMs)} ms`)
    assert.ok(elapsedMs < 20_000, `${elapsedMs} ms`)
    assert.deepEqual(values, numbered('v', 10))
    assert.deepEqual(await judged(out), numbered('v', 10))
  })

  it('of several processes share the partitions, and a seek reaches all of them', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, broker().bootstrap)
    const [topic, out, group] = [
      await createTopic({ partitions: 4 }),
      await createTopic({ partitions: 4 }),
      uniqueName('group'),
    ]
    const partitions = [0, 1, 2, 3]
    const feed = (prefix: string): Promise<unknown> =>
      log.append(
        partitions.flatMap((partition) => recordsOf(topic, numbered(`${prefix}-${partition}-`, 20), partition)),
      )
    const members = [0, 1].map(() => startProcess(t, { group, topic, out, recordsMax: 7 }))
    let fed = 0
    await waitFor('both have some', async () => {
      await feed(`feed${(fed += 1)}`)
      await waitUntilCaughtUp(log, group)
      return members.every(({ batches }) => batches.flat().length > 0)
    })
    const values = Array.from({ length: fed }, (_, index) => index + 1).flatMap((round) =>
      partitions.flatMap((partition) => numbered(`feed${round}-${partition}-`, 20)),
    )
    const once = await judged(out)
    assert.deepEqual(once.toSorted(), values.toSorted())
    await log.seek(
      group,
      partitions.map((partition) => ({ topic, partition, offset: 0 })),
    )
    await waitUntilCaughtUp(log, group)
    const twice = await judged(out)
    assert.deepEqual(twice.toSorted(), [...values, ...values].toSorted())
  })

  it('are told of foreign members, and join when those have left', async (t) => {
    const { createTopic } = await openKafkaHarness(t, broker().bootstrap)
    const [topic, group] = [await createTopic(), uniqueName('group')]
    const foreign = new Consumer({ clientId: 'foreign', bootstrapBrokers: [broker().bootstrap], groupId: group })
    t.after(() => foreign.close(true))
    foreign.topics.trackAll(topic)
    await foreign.joinGroup()
    const troubles: unknown[] = []
    const { log, startMember } = await openKafkaHarness(t, broker().bootstrap, {
      onTrouble: ({ group: named, error }) => void (named === group && troubles.push(error)),
    })
    const { values, step } = collector()
    startMember(log, { group, topics: [topic] }, step)
    await log.append(recordsOf(topic, ['v']))
    await waitFor('it is told', () => troubles.some((error) => hasProtocolError(error, 'INCONSISTENT_GROUP_PROTOCOL')))
    assert.deepEqual(values, [])
    await foreign.close(true)
    await waitUntilCaughtUp(log, group)
    assert.deepEqual(values, ['v'])
  })
})
