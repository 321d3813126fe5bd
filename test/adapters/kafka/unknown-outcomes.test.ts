import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { NewRecord } from '../../../src/ports/log.ts'
import { readCommitted, type JudgeRecord } from '../../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useOwnBroker } from '../../support/kafka/suite.ts'
import { numbered, recordsOf, uniqueName, waitUntilCaughtUp } from '../../support/log-harness.ts'
import { waitFor } from '../../support/wait-for.ts'
import { withProducer } from '../../support-kafka/client.ts'
import { startRequestProxy, type RequestName } from './request-proxy.ts'
import { anotherLog, copyTo, judgedValues, openKafkaHarness } from './rig.ts'

const proxy = await startRequestProxy()
const partsOfAppend: readonly RequestName[] = ['addPartitionsToTxn', 'produce', 'endTxn']
const partsOfStep: readonly RequestName[] = ['addOffsetsToTxn', 'txnOffsetCommit', 'produce', 'endTxn']

describe('a Kafka log whose requests and replies get lost', kafkaSuiteOptions({ ownBroker: true }), () => {
  const broker = useOwnBroker({ advertisedPort: proxy.port })
  before(() => proxy.forwardTo(broker().proxiedPort ?? 0))
  after(() => proxy.close())
  const throughProxy = `127.0.0.1:${proxy.port}`
  const judged = (topic: string): Promise<readonly string[]> => judgedValues(readCommitted(broker().bootstrap, [topic]))

  it('appends once when a reply is lost after the effect', async (t) => {
    const clientId = 'append'
    const { log, createTopic } = await openKafkaHarness(t, throughProxy, { clientId })
    const topic = await createTopic({ partitions: 2 })
    const expected = await Promise.all(inEach(topic, 'before').map(async (records) => log.append(records)))
    for (const name of partsOfAppend) {
      const lost = proxy.loseReply({ name, clientId })
      const [positions] = await Promise.all([log.append(inEach(topic, name).flat()), lost])
      expected.push(positions)
    }
    const records = await readCommitted(broker().bootstrap, [topic])
    assert.deepEqual(byPartition(records), bothPartitions(['before', ...partsOfAppend]))
    const places = ({ partition, offset }: Readonly<{ partition: number; offset: number }>) => `${partition}-${offset}`
    assert.deepEqual(expected.flat().map(places).toSorted(), records.map(places).toSorted())
  })

  it('appends once when a request is lost, and comes late', async (t) => {
    const clientId = 'late-append'
    const { log, createTopic } = await openKafkaHarness(t, throughProxy, { clientId })
    const topic = await createTopic({ partitions: 2 })
    for (const name of partsOfAppend) {
      const keeping = proxy.keep({ name, clientId })
      const [, kept] = await Promise.all([log.append(inEach(topic, name).flat()), keeping])
      await kept.deliver()
    }
    await log.append(inEach(topic, 'after').flat())
    const records = await readCommitted(broker().bootstrap, [topic])
    assert.deepEqual(byPartition(records), bothPartitions([...partsOfAppend, 'after']))
  })

  it('appends once without a transaction, when the reply or the request is lost', async (t) => {
    const clientId = 'single'
    const { log, createTopic } = await openKafkaHarness(t, throughProxy, { clientId })
    const topic = await createTopic()
    await log.append(recordsOf(topic, ['before']))
    await Promise.all([log.append(recordsOf(topic, ['unheard'])), proxy.loseReply({ name: 'produce', clientId })])
    const keeping = proxy.keep({ name: 'produce', clientId })
    const [, kept] = await Promise.all([log.append(recordsOf(topic, ['late'])), keeping])
    await kept.deliver()
    await log.append(recordsOf(topic, ['after']))
    assert.deepEqual(await judged(topic), ['before', 'unheard', 'late', 'after'])
  })

  it("does not take an append for lost that another producer's open transaction hides", async (t) => {
    const clientId = 'hidden'
    const { log, createTopic } = await openKafkaHarness(t, throughProxy, { clientId })
    const topic = await createTopic({ partitions: 2 })
    const transactionalId = uniqueName('open')
    await withProducer({ bootstrap: broker().bootstrap, transactionalId }, async (producer) => {
      const tx = await producer.beginTransaction()
      await tx.send({ messages: [0, 1].map((partition) => ({ topic, partition, value: Buffer.from('open') })) })
      const lost = proxy.loseReply({ name: 'endTxn', clientId })
      const appended = log.append(inEach(topic, 'once').flat())
      await lost
      const count = (name: RequestName): number => proxy.count({ name, clientId })
      const [produced, fetched] = [count('produce'), count('fetch')]
      // More than it takes to find that nothing can be read there now.
      await waitFor('it has looked', () => count('produce') > produced || count('fetch') > fetched + 100)
      await tx.commit()
      await appended
    })
    assert.deepEqual(byPartition(await readCommitted(broker().bootstrap, [topic])), bothPartitions(['open', 'once']))
  })

  it('commits a step once when a reply is lost after the effect', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, broker().bootstrap)
    const [topic, out] = [await createTopic(), await createTopic()]
    const clientId = 'step'
    const member = anotherLog(t, throughProxy, { clientId })
    const group = uniqueName('group')
    startMember(member, { group, topics: [topic], recordsMax: 5 }, copyTo(out))
    const values: string[] = []
    for (const name of partsOfStep) {
      const lost = proxy.loseReply({ name, clientId })
      const own = numbered(name, 20)
      await log.append(recordsOf(topic, own))
      await lost
      await waitUntilCaughtUp(log, group)
      values.push(...own)
    }
    assert.deepEqual(await judged(out), values)
  })

  it('commits a step once when a request is lost, and comes late', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, broker().bootstrap)
    const [topic, out] = [await createTopic(), await createTopic()]
    const clientId = 'late-step'
    const member = anotherLog(t, throughProxy, { clientId })
    const group = uniqueName('group')
    startMember(member, { group, topics: [topic], recordsMax: 5 }, copyTo(out))
    const values: string[] = []
    for (const name of partsOfStep) {
      const keeping = proxy.keep({ name, clientId })
      const own = numbered(name, 20)
      await log.append(recordsOf(topic, own))
      const kept = await keeping
      await waitUntilCaughtUp(log, group)
      await kept.deliver()
      values.push(...own)
    }
    await log.append(recordsOf(topic, ['after']))
    await waitUntilCaughtUp(log, group)
    assert.deepEqual(await judged(out), [...values, 'after'])
  })

  it('is not moved back by an offset commit that comes late', async (t) => {
    const clientId = 'late-plain'
    const { log, createTopic, startMember } = await openKafkaHarness(t, broker().bootstrap)
    const [topic, group] = [await createTopic(), uniqueName('group')]
    await log.append(recordsOf(topic, numbered('v', 20)))
    const keeping = proxy.keep({ name: 'offsetCommit', clientId })
    const quiet = () => Promise.resolve([])
    startMember(anotherLog(t, throughProxy, { clientId }), { group, topics: [topic], recordsMax: 5 }, quiet)
    const kept = await keeping
    await waitUntilCaughtUp(log, group)
    const [before] = await log.lag(group)
    await kept.deliver()
    const [then] = await log.lag(group)
    assert.equal(then?.committed, before?.committed)
  })
})

/** One call of more than one partition takes a transaction. */
function inEach(topic: string, value: string): readonly (readonly NewRecord[])[] {
  return [0, 1].map((partition) => recordsOf(topic, [value], partition))
}

function bothPartitions(values: readonly string[]): readonly (readonly string[])[] {
  return [values, values]
}

function byPartition(records: readonly JudgeRecord[]): readonly (readonly string[])[] {
  return [0, 1].map((wanted) =>
    records.filter(({ partition }) => partition === wanted).map(({ value }) => String(value)),
  )
}
