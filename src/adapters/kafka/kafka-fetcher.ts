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
/** A broker sends at most so much of a partition, and of so many partitions, at once; one batch at least. */
const partitionBytesMax = 1024 * 1024
const partitionBytesMin = 16 * 1024
const fetchPartitions = 8
/** With so much of a partition, or of all, waiting to be handed out, nothing more of it is fetched. */
const queueBytesMax = partitionBytesMax
const queuesBytesMax = 32 * 1024 * 1024
const troublePause: Backoff = { baseMs: 50, maxMs: 2_000 }

/**
 * Fills queues while they are emptied, until `signal`: a fetch is always on its way to every broker that has something
 * for a queue with room. Each broker has its own, since one without news keeps its answer back.
 */
export function startFetching(options: FetcherOptions): Readonly<{ roomMade: () => void }> {
  const { cluster, queues, runtime, signal, onTrouble } = options
  const busy = new Set<string>()
  let failures = 0
  let bytesMax = partitionBytesMax
  let bell = Promise.withResolvers<void>()
  const ring = (): void => bell.resolve()
  signal.addEventListener('abort', ring, { once: true })

  const pauseAfter = async (error: unknown): Promise<void> => {
    if (signal.aborted) return
    failures += 1
    onTrouble(error)
    cluster.forget()
    await runtime.sleep(backoffMs(troublePause, failures, runtime.random()), signal)
  }
  const fetchFromOne = async (plan: FetchPlan): Promise<void> => {
    busy.add(plan.key)
    try {
      await fetchFrom(options, plan, bytesMax)
      failures = 0
      bytesMax = Math.min(bytesMax * 2, partitionBytesMax)
    } catch (error) {
      // Over a slow link an answer of full size would time out for ever.
      bytesMax = Math.max(bytesMax / 4, partitionBytesMin)
      await pauseAfter(error)
    } finally {
      busy.delete(plan.key)
      ring()
    }
  }
  const askAgain = async (error: unknown): Promise<void> => {
    await pauseAfter(error)
    ring()
  }
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const { plans, leaderless } = await planFetches(cluster, queues, busy)
      for (const plan of plans) void fetchFromOne(plan)
      // The others go on meanwhile.
      if (leaderless !== undefined && plans.length === 0 && busy.size === 0) void askAgain(leaderless)
      await bell.promise
      bell = Promise.withResolvers()
    }
  }
  void run()
  return { roomMade: ring }
}

type FetchPlan = Readonly<{ key: string; leader: Broker; queues: readonly PartitionQueue[]; waitMs: number }>
type Planned = Readonly<{ plans: readonly FetchPlan[]; leaderless: unknown }>

/** `leaderless` is why a queue's leader is not known, if there is such a queue. */
async function planFetches(
  cluster: Cluster,
  queues: readonly PartitionQueue[],
  busy: ReadonlySet<string>,
): Promise<Planned> {
  const isFull = queues.reduce((bytes, queue) => bytes + queue.bytes, 0) > queuesBytesMax
  if (isFull) return { plans: [], leaderless: undefined }
  let leaderless: unknown
  const led = new Map<string, { leader: Broker; own: PartitionQueue[] }>()
  for (const queue of queues) {
    try {
      const leader = await cluster.leader(queue.topic.name, queue.partition)
      const key = `${leader.host}:${leader.port}`
      const known = led.get(key) ?? { leader, own: [] }
      known.own.push(queue)
      led.set(key, known)
    } catch (error) {
      leaderless = error
    }
  }
  const plans = [...led].flatMap(([key, { leader, own }]) => {
    const wanted = own.filter(({ bytes, lost }) => bytes < queueBytesMax && !lost)
    if (busy.has(key) || wanted.length === 0) return []
    // A queue that is left out may have room soon, and must not wait for news of the others.
    return [{ key, leader, queues: wanted, waitMs: wanted.length < own.length ? shortWaitMs : waitMs }]
  })
  return { plans, leaderless }
}

async function fetchFrom(
  options: FetcherOptions,
  { leader, queues, waitMs: wait }: FetchPlan,
  bytesMax: number,
): Promise<void> {
  const { connections, onFetched, signal } = options
  const targets = queues.map(({ topic, partition, next }) => ({
    topicId: topic.id,
    partition,
    offset: next,
    bytesMax,
  }))
  const limits = { waitMs: wait, bytesMax: bytesMax * fetchPartitions }
  const answers = await connections.ask(leader, fetchApi, targets, limits)
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
