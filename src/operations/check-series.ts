import { orderGroups } from '../codec/groups.ts'
import type { Difference } from '../codec/operation-codec.ts'
import { dayMs } from '../domain/window.ts'
import { OrdermillError } from '../errors.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import { replayTo } from './check-replay.ts'
import type { Phase, PieceDeps, SeriesShard } from './check-state.ts'
import { countAhead, differenceOf, differing, isMore, nothingAhead, type Day } from './compare-series.ts'

type SeriesPhase = Extract<Phase, { kind: 'series' }>
type Piece = Readonly<{ phase: Phase; differences: readonly Difference[] }>

export const firstOfSeries: SeriesPhase = { kind: 'series', fromMs: Number.MIN_SAFE_INTEGER, looks: 0 }

/** A store that was switched to another generation catches up in less than that: half a minute. */
const looksMax = 150
const pauseMs = 200

/**
 * Compares the first day from `fromMs` on that either side has a minute of.
 *
 * The store goes on counting, and its series is of no one moment. What it says must not be less than the scratch says that has
 * read no more than the store had counted before, and not more than that with all that is behind in the log. Where no order
 * came meanwhile, both are the same.
 */
export async function seriesPiece(deps: PieceDeps, phase: SeriesPhase, signal: AbortSignal): Promise<Piece | 'end'> {
  const day = await nextDay(deps, phase.fromMs)
  if (!day) return 'end'
  // Most days are over: no order comes that is of them.
  if ((await differing(deps, day)).length === 0) return dayDone(day, [])

  const before = phase.shards ?? (await countedShards(deps.store))
  for (const { shard, next } of before) {
    const isThere = await replayTo(deps, { service: 'analytics', shard, to: next }, signal)
    // Without a new end: the store may count as fast as the scratch reads.
    if (!isThere) return { phase: { ...phase, shards: before }, differences: [] }
  }
  const pairs = await differing(deps, day)
  const ahead = pairs.some(isMore)
    ? await countAhead(deps, await countedShards(deps.scratch.store), day, signal)
    : nothingAhead
  const after = await countedShards(deps.store)
  if (!areSteady(before, after, await countedShards(deps.scratch.store))) return lookAgain(deps, phase)
  return dayDone(
    day,
    pairs.flatMap((pair) => differenceOf(pair, ahead.get(pair.key))),
  )
}

async function nextDay({ scratch, store, seriesKeptFromMs }: PieceDeps, fromMs: number): Promise<Day | undefined> {
  const keptFromMs = Math.max(fromMs, seriesKeptFromMs())
  const starts = await Promise.all([scratch.store, store].map((side) => side.nextSeriesDay(keptFromMs)))
  const startMs = Math.min(...starts.map((start) => start ?? Infinity))
  return startMs === Infinity ? undefined : { fromMs: startMs, toMs: startMs + dayMs }
}

function dayDone({ toMs }: Day, differences: readonly Difference[]): Piece {
  return { phase: { kind: 'series', fromMs: toMs, looks: 0 }, differences }
}

async function countedShards(store: Pick<OrderQueries, 'shards'>): Promise<readonly SeriesShard[]> {
  return (await store.shards())
    .filter(({ shard, next }) => shard.group === orderGroups.analytics && next > 0)
    .map(({ shard, epoch, next }) => ({ shard, epoch, next }))
}

/** A switch to another generation claims every shard anew, and goes on below where the former one was. */
function areSteady(
  before: readonly SeriesShard[],
  after: readonly SeriesShard[],
  scratch: readonly SeriesShard[],
): boolean {
  const isClaimed = after.some((one) => (findShard(before, one) ?? one).epoch !== one.epoch)
  return !isClaimed && scratch.every((one) => (findShard(before, one)?.next ?? 0) >= one.next)
}

function findShard(shards: readonly SeriesShard[], { shard }: SeriesShard): SeriesShard | undefined {
  return shards.find((one) => one.shard.topicId === shard.topicId && one.shard.partition === shard.partition)
}

async function lookAgain({ pause }: PieceDeps, { fromMs, looks }: SeriesPhase): Promise<Piece> {
  if (looks === looksMax) {
    throw new OrdermillError(
      'STATE_CONFLICT',
      'the store’s series can’t be compared: a rebuild has put it back, and it has not caught up since, or its partitions ' +
        'change hands all the time: run the check again when the services are steady',
    )
  }
  await pause(pauseMs)
  return { phase: { kind: 'series', fromMs, looks: looks + 1 }, differences: [] }
}
