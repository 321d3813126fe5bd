import { hasCode, OrdermillError } from '../../errors.ts'
import type { Batch, NewRecord, Slice, Step, Subscription } from '../../ports/log.ts'
import type { Cluster, Runtime } from './kafka-cluster.ts'
import { isFencedMember } from './kafka-errors.ts'
import { startFetching } from './kafka-fetcher.ts'
import type { Generation } from './kafka-membership.ts'
import { beginOf, committedOffsets } from './kafka-offsets.ts'
import { cutSlices, hasGap, moveOn, newQueue, type PartitionQueue } from './kafka-partition-queue.ts'
import { UnansweredCommit, type GroupOffsets } from './kafka-offset-commit.ts'

export type ConsumeDeps = Readonly<{
  cluster: Cluster
  runtime: Runtime
  subscription: Subscription
  step: Step
  /** Makes outputs and offsets visible together. */
  commit: (outputs: readonly NewRecord[], offsets: GroupOffsets) => Promise<void>
  attempts: Attempts
  onTrouble: (error: unknown) => void
}>

/** How often the records from an offset on were handed out in this process. */
export type Attempts = Map<string, Readonly<{ from: number; times: number }>>

/** What ended it: `failed` is tried again under the same generation, after a pause; `unanswered-commit` by a new member. */
export type ConsumeEnd = 'stopped' | 'generation-over' | 'failed' | 'fenced-step' | 'unanswered-commit'

/** How long a batch in flight may take after `signal`: less than the half minute after which platforms kill. */
const finishGraceMs = 10_000

type Run = ConsumeDeps & Readonly<{ generation: Generation; queues: readonly PartitionQueue[]; stopping: AbortSignal }>

/**
 * Handles what one generation was assigned, from the committed offsets on, until it is over, or fails: then everything
 * is read anew from what is committed, so that an unknown outcome needs no thought here.
 *
 * @param take distinguishes assignments of one generation: a step that was fenced gets its partitions anew
 * @throws {OrdermillError} what no repetition can mend
 */
export async function consume(
  deps: ConsumeDeps,
  generation: Generation,
  take: number,
  signal: AbortSignal,
): Promise<ConsumeEnd> {
  const { cluster, runtime, onTrouble } = deps
  const connections = cluster.connect()
  const ended = new AbortController()
  const stopping = AbortSignal.any([signal, generation.over])
  let fatal: OrdermillError | undefined
  let bell = Promise.withResolvers<void>()
  const ring = (): void => bell.resolve()
  stopping.addEventListener('abort', ring, { once: true })
  try {
    const queues = await openQueues(deps, generation, take, stopping)
    const run: Run = { ...deps, generation, queues, stopping: signal }
    const fetching = startFetching({
      cluster,
      runtime,
      connections,
      queues,
      onFetched: ring,
      onTrouble,
      onFatal(error) {
        fatal = error
        ring()
      },
      signal: AbortSignal.any([stopping, ended.signal]),
    })
    let turn = 0
    while (!stopping.aborted) {
      if (fatal) throw fatal
      const slices = cutSlices(queues, turn, deps.subscription)
      turn = queues.length === 0 ? 0 : (turn + 1) % queues.length
      if (slices.length > 0) {
        fetching.roomMade()
        const failure = await handOut(run, slices)
        if (failure !== undefined) return failure
      } else if (queues.some(hasGap)) {
        await commitSlices(run, [], gapsOf(queues))
      } else {
        await bell.promise
        bell = Promise.withResolvers()
      }
    }
    return signal.aborted ? 'stopped' : 'generation-over'
  } catch (error) {
    if (stopping.aborted) return signal.aborted ? 'stopped' : 'generation-over'
    if (isFencedMember(error)) return 'generation-over'
    if (error instanceof OrdermillError && !error.retryable) throw error
    onTrouble(error)
    return error instanceof UnansweredCommit ? 'unanswered-commit' : 'failed'
  } finally {
    stopping.removeEventListener('abort', ring)
    ended.abort()
    await connections.close()
  }
}

async function openQueues(
  { cluster, subscription: { group } }: ConsumeDeps,
  { id, memberId, partitions }: Generation,
  take: number,
  signal: AbortSignal,
): Promise<readonly PartitionQueue[]> {
  if (partitions.length === 0) return []
  return cluster.persistently(
    async () => {
      const topics = await cluster.topics([...new Set(partitions.map(({ topic }) => topic))])
      const committed = await committedOffsets(cluster, group, { topics, requireStable: true })
      return Promise.all(
        partitions.flatMap(({ topic: name, partition }) => {
          const topic = topics.find((one) => one.name === name)
          // Deleted meanwhile: the group's leader will notice.
          if (!topic || partition >= topic.leaders.length) return []
          const offset = committed.get(name)?.get(partition)
          const assignment = `${memberId}/${id}/${take}`
          const start = { topic, partition, assignment, isUnannounced: offset !== undefined }
          return [(async () => newQueue({ ...start, from: offset ?? (await beginOf(cluster, topic, partition)) }))()]
        }),
      )
    },
    { forMs: Number.POSITIVE_INFINITY, signal },
  )
}

function gapsOf(queues: readonly PartitionQueue[]): readonly Slice[] {
  return queues.filter(hasGap).map(({ topic, partition, assignment, from, next, end }) => ({
    topic: topic.name,
    topicId: topic.id,
    partition,
    assignment,
    from,
    next,
    end,
    records: [],
  }))
}

/** Returns why the run is over, or undefined when the slices are committed. */
async function handOut(run: Run, slices: readonly Slice[]): Promise<ConsumeEnd | undefined> {
  const { step, attempts, generation, stopping, runtime } = run
  const controller = new AbortController()
  const giveUp = (): void => controller.abort()
  const done = new AbortController()
  const giveUpLater = async (): Promise<void> => {
    await runtime.sleep(finishGraceMs, done.signal)
    if (!done.signal.aborted) giveUp()
  }
  const finish = (): void => void giveUpLater()
  let isHandled = false
  generation.over.addEventListener('abort', giveUp, { once: true })
  stopping.addEventListener('abort', finish, { once: true })
  try {
    const batch: Batch = { slices, attempt: countAttempt(attempts, slices), signal: controller.signal }
    const outputs = await step(batch)
    if (controller.signal.aborted) return 'generation-over'
    isHandled = true
    await commitSlices(run, outputs, slices)
    return undefined
  } catch (error) {
    if (generation.over.aborted || isFencedMember(error)) return 'generation-over'
    if (hasCode(error, 'FENCED')) return 'fenced-step'
    if (error instanceof OrdermillError && !error.retryable) throw error
    // Whoever gave us the step knows when that fails.
    if (isHandled) run.onTrouble(error)
    return error instanceof UnansweredCommit ? 'unanswered-commit' : 'failed'
  } finally {
    generation.over.removeEventListener('abort', giveUp)
    stopping.removeEventListener('abort', finish)
    done.abort()
  }
}

async function commitSlices(run: Run, outputs: readonly NewRecord[], slices: readonly Slice[]): Promise<void> {
  const { generation, subscription, commit, queues } = run
  const moved = slices.filter(({ from, next }) => next > from)
  const offsets = moved.map(({ topic, topicId, partition, next: offset }) => ({ topic, topicId, partition, offset }))
  if (offsets.length > 0 || outputs.length > 0) {
    const { id, memberId } = generation
    await commit(outputs, { group: subscription.group, generation: id, memberId, offsets })
  }
  for (const slice of slices) {
    const queue = queues.find(({ topic, partition }) => topic.id === slice.topicId && partition === slice.partition)
    if (queue) moveOn(queue, slice)
  }
}

function countAttempt(attempts: Attempts, slices: readonly Slice[]): number {
  let most = 1
  for (const { topicId, partition, from } of slices) {
    const key = `${topicId}-${partition}`
    const known = attempts.get(key)
    const times = known?.from === from ? known.times + 1 : 1
    attempts.set(key, { from, times })
    most = Math.max(most, times)
  }
  return most
}
