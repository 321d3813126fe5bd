import { protocolErrorsCodesById, ProtocolError } from '@platformatic/kafka'
import { backoffMs, type Backoff } from '../../domain/backoff.ts'
import type { Cluster, Runtime } from './kafka-cluster.ts'
import { committedOf } from './kafka-committed.ts'
import type { Broker, Connections } from './kafka-connections.ts'
import { fetchApi, type FetchedPartition } from './kafka-fetch-api.ts'
import { OrdermillError } from '../../errors.ts'
import { beginOf } from './kafka-offsets.ts'
import { fill, skipTo, type PartitionQueue } from './kafka-partition-queue.ts'

export type FetcherOptions = Readonly<{
  cluster: Cluster
  runtime: Runtime
  connections: Connections
  queues: readonly PartitionQueue[]
  /** Something has come. */
  onFetched: () => void
  onTrouble: (error: unknown) => void
  /** No fetch will ever succeed. */
  onFatal: (error: OrdermillError) => void
  signal: AbortSignal
}>

/** How long a broker waits for the first new record. */
const waitMs = 500
const shortWaitMs = 20
/** A broker sends at most so much at once, and of a partition; one batch at least. */
const fetchBytesMax = 8 * 1024 * 1024
const partitionBytesMax = 1024 * 1024
/** With so much of a partition, or of all, waiting to be handed out, nothing more of it is fetched. */
const queueBytesMax = partitionBytesMax
const queuesBytesMax = 32 * 1024 * 1024
const troublePause: Backoff = { baseMs: 50, maxMs: 2_000 }
/** Elections take a while: pauses of up to 800 ms. */
const leaderlessAttempt = 5

/**
 * Fills queues while they are emptied, until `signal`: a fetch is always on its way to every broker that has something
 * for a queue with room. Each broker has its own, since one without news keeps its answer back.
 */
export function startFetching(options: FetcherOptions): Readonly<{ roomMade: () => void; ended: Promise<void> }> {
  const { runtime, signal } = options
  const busy = new Set<string>()
  let failures = 0
  let bell = Promise.withResolvers<void>()
  const ring = (): void => bell.resolve()
  signal.addEventListener('abort', ring, { once: true })

  const fetchFromOne = async (plan: FetchPlan): Promise<void> => {
    busy.add(plan.key)
    try {
      await fetchFrom(options, plan)
      failures = 0
    } catch (error) {
      if (!signal.aborted) {
        failures += 1
        options.onTrouble(error)
        options.cluster.forget()
        await runtime.sleep(backoffMs(troublePause, failures, runtime.random()), signal)
      }
    } finally {
      busy.delete(plan.key)
      ring()
    }
  }
  const run = async (): Promise<void> => {
    const fetches = new Set<Promise<void>>()
    while (!signal.aborted) {
      for (const plan of await planFetches(options, busy)) {
        const fetching = fetchFromOne(plan)
        fetches.add(fetching)
        void fetching.finally(() => fetches.delete(fetching))
      }
      await bell.promise
      bell = Promise.withResolvers()
    }
    await Promise.all(fetches)
  }
  return { roomMade: ring, ended: run() }
}

type FetchPlan = Readonly<{ key: string; leader: Broker; queues: readonly PartitionQueue[]; waitMs: number }>

async function planFetches(options: FetcherOptions, busy: ReadonlySet<string>): Promise<readonly FetchPlan[]> {
  const { cluster, queues, onTrouble, signal, runtime } = options
  const isFull = queues.reduce((bytes, queue) => bytes + queue.bytes, 0) > queuesBytesMax
  if (isFull) return []
  try {
    const leaders = await Promise.all(queues.map(({ topic, partition }) => cluster.leader(topic.name, partition)))
    const byLeader = Map.groupBy(queues.entries(), ([index]) => `${leaders[index]?.host}:${leaders[index]?.port}`)
    return [...byLeader].flatMap(([key, entries]) => {
      const leader = leaders[entries[0]?.[0] ?? 0]
      const wanted = entries.map(([, queue]) => queue).filter(({ bytes, lost }) => bytes < queueBytesMax && !lost)
      if (!leader || busy.has(key) || wanted.length === 0) return []
      // A queue that is left out may have room soon, and must not wait for news of the others.
      return [{ key, leader, queues: wanted, waitMs: wanted.length < entries.length ? shortWaitMs : waitMs }]
    })
  } catch (error) {
    if (signal.aborted) return []
    onTrouble(error)
    cluster.forget()
    await runtime.sleep(backoffMs(troublePause, leaderlessAttempt, runtime.random()), signal)
    return planFetches(options, busy)
  }
}

async function fetchFrom(options: FetcherOptions, { leader, queues, waitMs: wait }: FetchPlan): Promise<void> {
  const { connections, onFetched, signal } = options
  const targets = queues.map(({ topic, partition, next }) => ({
    topicId: topic.id,
    partition,
    offset: next,
    bytesMax: partitionBytesMax,
  }))
  const answers = await connections.ask(leader, fetchApi, targets, { waitMs: wait, bytesMax: fetchBytesMax })
  // The assignment is over: its queues are nobody's any more.
  if (signal.aborted) return
  try {
    for (const answer of answers) {
      const queue = queues.find(({ topic, partition }) => topic.id === answer.topicId && partition === answer.partition)
      if (queue) await accept(options, queue, answer)
    }
  } finally {
    onFetched()
  }
}

async function accept(
  { cluster, onFatal }: FetcherOptions,
  queue: PartitionQueue,
  answer: FetchedPartition,
): Promise<void> {
  const { topic, partition, next } = queue
  const name = protocolErrorsCodesById[answer.errorCode]
  if (name === 'OFFSET_OUT_OF_RANGE') {
    const begin = await beginOf(cluster, topic, partition)
    if (begin > next) return skipTo(queue, begin)
    return onFatal(logReplaced(queue))
  }
  if (answer.errorCode !== 0) throw new ProtocolError(name ?? answer.errorCode, `${topic.name}-${partition}`)
  const committed = committedOf(answer, { topic: topic.name, topicId: topic.id, partition }, next)
  fill(queue, committed, answer.lastStableOffset)
}

function logReplaced({ topic: { name }, partition, next }: PartitionQueue): OrdermillError {
  return new OrdermillError(
    'STORE_AHEAD',
    `the group has committed ${name}-${partition} up to ${next}, but the log ends before: it was replaced or cut off; ` +
      'restore it, or move the group to where it is to go on',
  )
}
