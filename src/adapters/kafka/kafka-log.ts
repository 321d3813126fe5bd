import { randomUUID } from 'node:crypto'
import { OrdermillError } from '../../errors.ts'
import type { Log, NewRecord } from '../../ports/log.ts'
import { openAppender } from './kafka-append.ts'
import { openCluster } from './kafka-cluster.ts'
import type { KafkaConnection } from './kafka-connections.ts'
import { logClosed } from '../../ports/log-errors.ts'
import { logError } from './kafka-errors.ts'
import { groupLag, groupNames } from './kafka-lag.ts'
import { groupMembers } from './kafka-members.ts'
import { offsetAt } from './kafka-offset-at.ts'
import { placeRecords, type Batch } from './kafka-placement.ts'
import { commitGroupOffsets } from './kafka-offset-commit.ts'
import { openIdempotentProducer, openPlainProducer } from './kafka-plain-producer.ts'
import type { TransactionalProducer } from './kafka-producer.ts'
import { openTransactionalProducer } from './kafka-transactional-producer.ts'
import { readRange } from './kafka-read.ts'
import { seek } from './kafka-seek.ts'
import { openTopicLimits } from './kafka-topic-limits.ts'
import { createTopics, deleteTopic, describeTopics } from './kafka-topics.ts'
import { transform } from './kafka-transform.ts'

export type KafkaLogOptions = Readonly<{
  connection: KafkaConnection
  /** `at-least-once` is for brokers without transactions: outputs may be repeated after a crash, with the same event ids. */
  delivery: 'exactly-once' | 'at-least-once'
  /** Of topics that are created; -1 leaves it to the broker. */
  replicationFactor: number
  /**
   * What `topics` and `groups` list, and what each group reads, whether or not it has a member; all that the cluster has
   * when it is left out.
   */
  scope?: Readonly<{ topics: readonly string[]; groups: ReadonlyMap<string, readonly string[]> }>
  /** Resolves after `durationMs`, or as soon as `signal` aborts. */
  sleep: (durationMs: number, signal: AbortSignal) => Promise<void>
  /** Uniform in [0, 1). */
  random: () => number
  /** Called with what goes wrong behind the calls, such as a broker that does not answer a fetch; it is tried again. */
  onTrouble?: (trouble: Readonly<{ group: string; error: OrdermillError }>) => void
}>

/** A log on a Kafka cluster, 3.1 or newer. Connects when it is first used. */
export function openKafkaLog(options: KafkaLogOptions): Log {
  const { connection, delivery, replicationFactor, scope, sleep, random, onTrouble } = options
  const runtime = { sleep, random }
  const cluster = openCluster(connection, runtime)
  const closing = new AbortController()
  const limitsOf = openTopicLimits(cluster)
  const place = (records: readonly NewRecord[]): Promise<readonly Batch[]> =>
    placeRecords({ cluster, limitsOf, random }, records)
  const producing = { cluster, runtime, now: Date.now }
  /** Each process, and each use in it, has transactional ids of its own: none can fence another by mistake. */
  const newTransactional = (name: string): TransactionalProducer =>
    openTransactionalProducer(producing, `ordermill-${name}-${randomUUID()}`)
  const isReadable = async ({ topic, partition }: Batch, offset: number): Promise<boolean> => {
    const range = { topic, partition, offset, recordsMax: 1, bytesMax: 1 }
    const { records, next } = await readRange(cluster, runtime, range)
    if (next === offset) throw stillHidden(topic, partition)
    return records[0]?.offset === offset
  }
  let appending: ReturnType<typeof openAppending> | undefined
  const openAppending = () => {
    const isOnce = delivery === 'exactly-once'
    const transactional = isOnce ? newTransactional('append') : undefined
    const plain = isOnce ? openIdempotentProducer(producing) : openPlainProducer(producing)
    const { append, close } = openAppender({ cluster, transactional, plain, place, isReadable })
    return {
      append,
      async close() {
        await close()
        await Promise.all([transactional?.close(), plain.close()])
      },
    }
  }
  const whileOpen = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (closing.signal.aborted) throw logClosed()
    return work()
  }

  return {
    append: (records) => whileOpen(() => (appending ??= openAppending()).append(records)),
    transform: (subscription, step, signal) =>
      whileOpen(async () => {
        const { group } = subscription
        const producer = delivery === 'exactly-once' ? newTransactional(group) : openPlainProducer(producing)
        const connections = cluster.connect()
        const ending = AbortSignal.any([signal, closing.signal])
        const deps = {
          cluster,
          runtime,
          onTrouble: (error: unknown) => onTrouble?.({ group, error: logError(error) }),
          commit: async (outputs: readonly NewRecord[], offsets: Parameters<typeof commitGroupOffsets>[2]) => {
            // The broker fences a plain commit by its generation just as well, and nothing has to be seen with it.
            if (outputs.length === 0) return commitGroupOffsets(cluster, connections, offsets)
            await producer.commit({ batches: await place(outputs), offsets })
          },
        }
        try {
          await transform(deps, subscription, step, ending)
        } finally {
          await Promise.all([producer.close(), connections.close()])
        }
        if (closing.signal.aborted && !signal.aborted) throw logClosed()
      }),
    read: (range) => whileOpen(() => readRange(cluster, runtime, range)),
    createTopics: (topics) => whileOpen(() => createTopics(cluster, topics, replicationFactor)),
    deleteTopic: (topic) => whileOpen(() => deleteTopic(cluster, topic)),
    topics: () => whileOpen(() => describeTopics(cluster, scope?.topics)),
    lag: (group) => whileOpen(() => groupLag(cluster, runtime, group, scope?.groups.get(group))),
    groups: () => whileOpen(() => (scope ? Promise.resolve([...scope.groups.keys()]) : groupNames(cluster))),
    offsetAt: (topic, partition, timestampMs) => whileOpen(() => offsetAt(cluster, topic, partition, timestampMs)),
    members: (group) => whileOpen(() => groupMembers(cluster, group)),
    seek: (group, targets) => whileOpen(() => seek(cluster, runtime, group, targets)),
    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      await appending?.close()
      await cluster.close()
    },
  }
}

/** Another producer's transaction began before and is still open: until it ends nobody can tell what is behind. */
function stillHidden(topic: string, partition: number): OrdermillError {
  const what = `Partition ${partition} of ${topic} has a transaction that does not end`
  return new OrdermillError('LOG_UNAVAILABLE', `${what}: whether what was appended behind it is there is unknown.`)
}
