import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import * as client from '@platformatic/kafka'
import { Admin, Consumer, Producer, type ConsumerOptions, type ProducerOptions } from '@platformatic/kafka'
import { systemRuntime } from '../../../src/adapters/in-process/runtime.ts'
import { openCluster, type Cluster } from '../../../src/adapters/kafka/kafka-cluster.ts'
import { hasProtocolError, isFencedMember } from '../../../src/adapters/kafka/kafka-errors.ts'
import { openMembership } from '../../../src/adapters/kafka/kafka-membership.ts'
import { commitGroupOffsets } from '../../../src/adapters/kafka/kafka-offset-commit.ts'
import { committedOffsets } from '../../../src/adapters/kafka/kafka-offsets.ts'
import type { Batch } from '../../../src/adapters/kafka/kafka-placement.ts'
import { openTransactionalProducer } from '../../../src/adapters/kafka/kafka-transactional-producer.ts'
import { readCommitted } from '../../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useBroker } from '../../support/kafka/suite.ts'
import { numbered, readPartition, readTopic, recordsOf, uniqueName, valueOf } from '../../support/log-harness.ts'
import { gate } from '../../support/gate.ts'
import { waitFor } from '../../support/wait-for.ts'
import { offsetMessage } from './offset-message.ts'
import { judgedValues, openKafkaHarness } from './rig.ts'

/*
 * FACTS of the client, each next to what we do instead. Where the first part of a test fails, a new release has mended
 * the defect, and what we do about it may go.
 *
 * Not shown: that its groups of the new protocol send generation 0 with transactions (8; ours are classic), that a
 * producer of its kind is content with the leader's word (9; it takes dying brokers), and what zombies do to its message
 * stream (11; `group-members.test.ts` has our side).
 */
describe('the client', kafkaSuiteOptions(), () => {
  const { bootstrap } = useBroker()
  const connection = () => ({ clientId: 'defects', bootstrapBrokers: [bootstrap()] })

  const aProducer = (t: TestContext, options: Partial<ProducerOptions<Buffer, Buffer, Buffer, Buffer>> = {}) => {
    const producer = new Producer({ ...connection(), retries: 50, retryDelay: 20, ...options })
    t.after(() => producer.close(true))
    return producer
  }
  const corrected = { producerId: -1n, producerEpoch: -1 }
  const aTransactional = (t: TestContext, options: Partial<ProducerOptions<Buffer, Buffer, Buffer, Buffer>> = {}) =>
    aProducer(t, { idempotent: true, transactionalId: uniqueName('tx'), ...corrected, ...options })
  const aConsumer = (
    t: TestContext,
    groupId: string,
    options: Partial<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>> = {},
  ) => {
    const consumer = new Consumer({ ...connection(), groupId, maxWaitTime: 100, ...options })
    t.after(() => consumer.close(true))
    return consumer
  }
  const anAdmin = (t: TestContext): Admin => {
    const admin = new Admin(connection())
    t.after(() => admin.close())
    return admin
  }
  const aCluster = (t: TestContext): Cluster => {
    const cluster = openCluster({ bootstrap: [bootstrap()], clientId: 'ours' }, systemRuntime)
    t.after(() => cluster.close())
    return cluster
  }
  const ourProducer = (
    t: TestContext,
    cluster: Cluster,
    transactionalId = uniqueName('ours'),
    runtime = systemRuntime,
  ) => {
    const producer = openTransactionalProducer({ cluster, runtime, now: Date.now }, transactionalId)
    t.after(() => producer.close())
    return producer
  }
  const aBatch = async (cluster: Cluster, name: string, value: string, partition = 0): Promise<Batch> => {
    const { id: topicId } = await cluster.topic(name)
    return { topic: name, topicId, partition, records: recordsOf(name, [value], partition), indexes: [0] }
  }
  const message = (topic: string, value: string, partition = 0) => ({ topic, partition, value: Buffer.from(value) })
  const committedIn = async (cluster: Cluster, group: string, topic: string) => [
    ...((await cluster.persistently(() => committedOffsets(cluster, group, { requireStable: false }))).get(topic) ??
      new Map<number, number>()),
  ]

  it('asks for the epoch after 0 of producer 0, so that a restarted process is fenced for ever (1)', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, bootstrap())
    const topic = await createTopic()
    // Producer 0, the first one of a broker, is not fenced.
    await log.append(recordsOf(topic, ['first']))
    const transactionalId = uniqueName('tx')
    const asItIs = { idempotent: true, transactionalId }
    const killed = await aProducer(t, asItIs).beginTransaction()
    await killed.send({ messages: [message(topic, 'never committed')] })
    const restarted = await outcome(aProducer(t, { ...asItIs, retries: 3 }).beginTransaction())
    mended(
      hasProtocolError(restarted, 'PRODUCER_FENCED'),
      'fences a restarted producer',
      'takeIdentity of kafka-transactional-producer.ts',
    )

    const cluster = aCluster(t)
    const [first, second] = [ourProducer(t, cluster, transactionalId), ourProducer(t, cluster, transactionalId)]
    await first.commit({ batches: [await aBatch(cluster, topic, 'before')] })
    await second.commit({ batches: [await aBatch(cluster, topic, 'after')] })
    const zombie = await outcome(first.commit({ batches: [await aBatch(cluster, topic, 'zombie')] }))
    assert.ok(hasProtocolError(zombie, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'), String(zombie))
    assert.deepEqual(await judgedValues(readCommitted(bootstrap(), [topic])), ['first', 'before', 'after'])
  })

  it('waits a second whenever the last transaction is not quite over (2)', async (t) => {
    const { createTopic } = await openKafkaHarness(t, bootstrap())
    const topic = await createTopic({ partitions: 8 })
    const delaysMs: unknown[] = []
    const producer = new Producer({
      ...connection(),
      idempotent: true,
      transactionalId: uniqueName('tx'),
      ...corrected,
    })
    t.after(() => producer.close(true))
    producer.on('client:performWithRetry:retry', (...[operation, , , delayMs]: unknown[]) => {
      if (operation === 'addPartitionsToTransaction') delaysMs.push(delayMs)
    })
    for (let count = 0; count < 10 && delaysMs.length === 0; count += 1) {
      const tx = await producer.beginTransaction()
      await tx.send({ messages: numbered('v', 8).map((value, partition) => message(topic, value, partition)) })
      await tx.commit()
    }
    mended(delaysMs[0] === 1_000, 'waits a second between transactions', 'onceEnded of kafka-transactional-producer.ts')

    const cluster = aCluster(t)
    const pausesMs: number[] = []
    const sleep = (durationMs: number, signal: AbortSignal): Promise<void> => {
      pausesMs.push(durationMs)
      return systemRuntime.sleep(durationMs, signal)
    }
    const ours = ourProducer(t, cluster, uniqueName('ours'), { ...systemRuntime, sleep })
    const batches = await Promise.all(
      numbered('v', 8).map((value, partition) => aBatch(cluster, topic, value, partition)),
    )
    for (let count = 0; count < 10; count += 1) await ours.commit({ batches })
    assert.ok(Math.max(0, ...pausesMs) <= 5, `it waited for ${pausesMs.join(', ')} ms`)
  })

  it('hands out records of a transaction that was aborted before another one of its producer (3)', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, bootstrap())
    const topic = await createTopic()
    const producer = aTransactional(t)
    for (const value of ['aborted 1', 'aborted 2']) {
      const tx = await producer.beginTransaction()
      await tx.send({ messages: [message(topic, value)] })
      await tx.abort()
    }
    await log.append(recordsOf(topic, ['end']))
    const consumer = aConsumer(t, uniqueName('group'))
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
    const seen: string[] = []
    for await (const { value } of stream) {
      seen.push(String(value))
      if (seen.at(-1) === 'end') break
    }
    mended(seen.includes('aborted 1'), 'hands out aborted records', 'kafka-committed.ts')

    assert.deepEqual((await readPartition(log, topic)).map(valueOf), ['end'])
  })

  it('forgets all but one of the offsets that a transaction is given at once (4)', async (t) => {
    const { createTopic } = await openKafkaHarness(t, bootstrap())
    const [topic, group, ourGroup] = [await createTopic({ partitions: 3 }), uniqueName('group'), uniqueName('group')]
    const cluster = aCluster(t)
    const producer = aTransactional(t)
    const consumer = aConsumer(t, group)
    const offsetsOf = await offsetsFor(consumer)
    const tx = await producer.beginTransaction()
    await tx.addConsumer(consumer)
    await Promise.all([0, 1, 2].map((partition) => tx.addOffset(offsetsOf(topic, partition, 6n))))
    await tx.commit()
    await waitFor('the transaction is over', async () => (await committedIn(cluster, group, topic)).length > 0)
    const committed = await committedIn(cluster, group, topic)
    mended(committed.length === 1, 'forgets offsets that are added at once', 'kafka-transactional-producer.ts')

    const { id: topicId } = await cluster.topic(topic)
    const offsets = [0, 1, 2].map((partition) => ({ topic, topicId, partition, offset: 7 }))
    const generation = { group: ourGroup, generation: -1, memberId: '', offsets }
    await ourProducer(t, cluster).commit({ batches: [], offsets: generation })
    const topics = await cluster.topics([topic])
    const stable = () => committedOffsets(cluster, ourGroup, { topics, requireStable: true })
    assert.deepEqual(
      [...((await cluster.persistently(stable)).get(topic) ?? [])].toSorted(([a], [b]) => a - b),
      [
        [0, 7],
        [1, 7],
        [2, 7],
      ],
    )
  })

  it('commits a transaction although one of its sends was refused (5)', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, bootstrap())
    const topic = await createTopic({ partitions: 4 })
    // Brokers refuse the first records of a topic for a moment.
    await Promise.all([0, 1].map((partition) => log.append(recordsOf(topic, ['first'], partition))))
    let isCommitted = false
    for (let count = 0; count < 10 && !isCommitted; count += 1) {
      const tx = await aTransactional(t, { retries: 2 }).beginTransaction()
      const sends = [0, 1].map((partition) => tx.send({ messages: [message(topic, 'theirs', partition)] }))
      const outcomes = await Promise.all(sends.map(outcome))
      const refused = outcomes.filter((error) => hasProtocolError(error, 'TRANSACTION_ABORTABLE', 'INVALID_TXN_STATE'))
      isCommitted = (await outcome(tx.commit())) === undefined && refused.length === 1
    }
    mended(isCommitted, 'commits what was refused in part', 'kafka-append.ts')

    const ours = await createTopic({ partitions: 4 })
    await Promise.all([0, 1, 2, 3].map((partition) => log.append(recordsOf(ours, ['ours'], partition))))
    assert.equal((await readTopic(log, ours)).length, 4)
  })

  it('takes a committed offset for the last one while a transaction is about to replace it (6)', async (t) => {
    const { createTopic } = await openKafkaHarness(t, bootstrap())
    const [topic, group] = [await createTopic(), uniqueName('group')]
    const cluster = aCluster(t)
    const consumer = aConsumer(t, group)
    const tx = await aTransactional(t).beginTransaction()
    await tx.addConsumer(consumer)
    await tx.addOffset((await offsetsFor(consumer))(topic, 0, 6n))
    const asked = await outcome(consumer.listCommittedOffsets({ topics: [{ topic, partitions: [0] }] }))
    mended(asked === undefined, 'does not ask for stable offsets', 'kafka-offsets.ts')

    const topics = await cluster.topics([topic])
    const ours = await outcome(committedOffsets(cluster, group, { topics, requireStable: true }))
    assert.ok(hasProtocolError(ours, 'UNSTABLE_OFFSET_COMMIT'), String(ours))
    await tx.commit()
  })

  it('repeats the commit of a member that was thrown out, as a new member: a zombie moves its group back (7)', async (t) => {
    const { createTopic } = await openKafkaHarness(t, bootstrap())
    const [topic, group] = [await createTopic(), uniqueName('group')]
    const [cluster, admin] = [aCluster(t), anAdmin(t)]
    const zombie = aConsumer(t, group, { heartbeatInterval: 5_000 })
    zombie.topics.trackAll(topic)
    const throwOut = (memberId: string): Promise<void> =>
      admin.removeMembersFromConsumerGroup({ groupId: group, members: [{ memberId }] })
    const successorCommits = (): Promise<void> =>
      admin.alterConsumerGroupOffsets({
        groupId: group,
        topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: 10n }] }],
      })
    await throwOut(await zombie.joinGroup())
    await successorCommits()
    await zombie.commit({ offsets: [{ topic, partition: 0, offset: 3n, leaderEpoch: 0 }] })
    mended((await committedIn(cluster, group, topic))[0]?.[1] === 3, 'repeats commits', 'kafka-offset-commit.ts')
    await zombie.close(true)

    const onTrouble = (): void => {}
    const membership = openMembership({ cluster, runtime: systemRuntime, group, topics: [topic], onTrouble })
    t.after(() => membership.leave())
    const generation = await membership.join(new AbortController().signal)
    assert.ok(generation)
    const { id, memberId } = generation
    await throwOut(memberId)
    await successorCommits()
    const { id: topicId } = await cluster.topic(topic)
    const offsets = [{ topic, topicId, partition: 0, offset: 3 }]
    const stale = { group, generation: id, memberId, offsets }
    assert.ok(isFencedMember(await outcome(commitGroupOffsets(cluster, cluster.shared, stale))))
    const inTransaction = ourProducer(t, cluster).commit({ batches: [], offsets: stale })
    assert.ok(isFencedMember(await outcome(inTransaction)))
    assert.deepEqual(await committedIn(cluster, group, topic), [[0, 10]])
  })

  it('commits records that nobody has handled (9)', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const [topic, group, ourGroup] = [await createTopic(), uniqueName('group'), uniqueName('group')]
    const [first] = await log.append(recordsOf(topic, numbered('v', 10)))
    const cluster = aCluster(t)
    const stream = await aConsumer(t, group).consume({ topics: [topic], mode: 'earliest' })
    for await (const { value } of stream) {
      assert.equal(String(value), 'v0')
      await waitFor('all are committed', async () => ((await committedIn(cluster, group, topic))[0]?.[1] ?? 0) >= 10)
      break
    }

    let handed = 0
    const held = gate()
    startMember(log, { group: ourGroup, topics: [topic], recordsMax: 1 }, async () => {
      handed += 1
      if (handed > 1) await held.opened
      return []
    })
    await waitFor('the first is handled', () => handed === 2)
    assert.deepEqual(await committedIn(cluster, ourGroup, topic), [[0, (first?.offset ?? 0) + 1]])
    held.open()
  })

  it('can not end transactions in the way that tells late requests from new ones (10)', () => {
    // Ours takes a new identity after each unknown outcome: `unknown-outcomes.test.ts`.
    mended(!('endTxnV5' in client), 'lacks EndTxn v5', 'renewIdentity of kafka-transactional-producer.ts')
  })

  it('makes one batch of a send, whatever its size (12)', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, bootstrap())
    const topic = await createTopic({ recordBytesMax: 20_000 })
    const values = numbered('x'.repeat(10_000), 20)
    const producer = aProducer(t, { retries: 1 })
    const sent = await outcome(producer.send({ messages: values.map((value) => message(topic, value)), acks: -1 }))
    mended(hasProtocolError(sent, 'MESSAGE_TOO_LARGE'), 'makes one batch of a send', 'kafka-placement.ts')

    const positions = await log.append(recordsOf(topic, values))
    const records = await readPartition(log, topic)
    assert.deepEqual(records.map(valueOf), values)
    assert.deepEqual(
      records.map(({ offset }) => offset),
      positions.map(({ offset }) => offset),
    )
  })
})

function mended(isThere: boolean, defect: string, ours: string): void {
  assert.ok(isThere, `the client no longer ${defect}: ${ours} may be simplified`)
}

/** What it rejected with. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return undefined
  } catch (error) {
    return error
  }
}

/** As messages of its stream carry them. */
async function offsetsFor(consumer: Consumer) {
  const { groupId } = consumer
  const coordinatorId = await consumer.findGroupCoordinator()
  return (topic: string, partition: number, offset: bigint) =>
    offsetMessage({ groupId, coordinatorId, topic, partition, offset })
}
