import { setTimeout } from 'node:timers/promises'
import { viewsGroup } from '../codec/groups.ts'
import { lagAt } from '../ports/lag.ts'
import type { Log, PartitionLag } from '../ports/log.ts'
import type { OrderQueries, ShardSummary } from '../ports/order-queries.ts'

const pollMs = 50

type Goal = Readonly<{ topic: string; topicId: string; partition: number; end: number }>

export type ViewsReadDeps = Readonly<{ log: Pick<Log, 'topics' | 'lag'>; store: Pick<OrderQueries, 'shards'> }>

/** Whether the lists hold all that these topics held when this was called, or do so within `waitMs`. */
export async function haveViewsRead(
  { log, store }: ViewsReadDeps,
  topics: readonly string[],
  { waitMs, signal }: Readonly<{ waitMs: number; signal: AbortSignal }>,
): Promise<boolean> {
  const goals = await endsOf(log, topics)
  const startedMs = performance.now()
  for (;;) {
    const lag = await log.lag(viewsGroup)
    if (goals.every((goal) => isRead(goal, lag)) && areApplied(goals, lag, await store.shards())) return true
    if (performance.now() - startedMs >= waitMs) return false
    await setTimeout(pollMs, undefined, { signal })
  }
}

async function endsOf(log: Pick<Log, 'topics'>, names: readonly string[]): Promise<readonly Goal[]> {
  return (await log.topics())
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name: topic, id: topicId, partitions }) =>
      partitions
        .filter(({ begin, end }) => end > begin)
        .map(({ partition, end }) => ({ topic, topicId, partition, end })),
    )
}

/** Below the end there may be markers of the log alone, which nobody reads. */
function isRead(goal: Goal, lag: readonly PartitionLag[]): boolean {
  const known = lagAt(lag, goal)
  return known !== undefined && ((known.committed ?? known.begin) >= goal.end || known.nextTimestampMs === null)
}

/** A group that was moved forward has committed what its store takes in with its next record only. */
function areApplied(goals: readonly Goal[], lag: readonly PartitionLag[], shards: readonly ShardSummary[]): boolean {
  const nextById = new Map(
    shards
      .filter(({ shard }) => shard.group === viewsGroup)
      .map(({ shard, next }) => [`${shard.topicId}-${shard.partition}`, next]),
  )
  return goals.every((goal) => {
    const next = nextById.get(`${goal.topicId}-${goal.partition}`) ?? 0
    return next >= (lagAt(lag, goal)?.committed ?? 0)
  })
}
