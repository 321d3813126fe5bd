import { lagMsOf, totalLag } from '../ports/lag.ts'
import type { Log, PartitionLag } from '../ports/log.ts'
import type { OperationsLog } from './operations-log.ts'

export type WatchedPartition = PartitionLag &
  Readonly<{
    /** Age of the next unread record; 0 when there is none. */
    lagSeconds: number
    /** Since its committed offset last moved, as far as this process saw. */
    idleSeconds: number
    /** It has had something to read for longer than the limit, and neither moved nor was paused in that time. */
    isStuck: boolean
  }>

export type WatchedGroup = Readonly<{
  group: string
  isPaused: boolean
  partitions: readonly WatchedPartition[]
  /** Records a second by which the lag grows, or shrinks (below 0). */
  trendPerSecond: number
}>

export type LagWatch = Readonly<{
  /** Every group, by name, as of at most `maxAgeMs` ago: who asks at the same time shares an answer. */
  groups: (maxAgeMs: number) => Promise<readonly WatchedGroup[]>
  /** Looks by itself from now on, so that what nobody asks about is known when somebody does. */
  start: () => void
  stop: () => void
}>

export type LagWatchOptions = Readonly<{
  log: Pick<Log, 'groups' | 'lag'>
  operations: OperationsLog
  stuckMs: number
  /** Milliseconds since the Unix epoch, as log times are. */
  clock: () => number
  /** Never set back or forward, for how long something has lasted. */
  monotonicMs?: () => number
}>

/** Partitions that are remembered; what a larger cluster has beyond them is never stuck. */
const partitionsMax = 10_000
/** A stuck partition is found at most this much later than its limit. */
const lookEveryMsMax = 15_000
const trendWindowMs = 60_000
/** Lags that a trend remembers: one for each 5 s. */
const trendEveryMs = 5_000

/** Where a partition was, since when, and since when it was seen to have something to read; undefined: it had nothing. */
type Mark = Readonly<{ committed: number | null; movedAtMs: number; waitsSinceMs: number | undefined }>
type LagPoint = Readonly<{ atMs: number; records: number }>

export function openLagWatch({
  log,
  operations,
  stuckMs,
  clock,
  monotonicMs = () => performance.now(),
}: LagWatchOptions): LagWatch {
  let marks: ReadonlyMap<string, Mark> = new Map()
  let trends: ReadonlyMap<string, readonly LagPoint[]> = new Map()
  let latest: Readonly<{ atMs: number; groups: Promise<readonly WatchedGroup[]> }> | undefined
  let waiting: Promise<readonly WatchedGroup[]> | undefined
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<readonly WatchedGroup[]> {
    const [names, { pausedGroups }] = await Promise.all([log.groups(), operations.state()])
    const lags = await Promise.all(names.toSorted().map(async (group) => ({ group, partitions: await log.lag(group) })))
    const [atMs, nowMs] = [monotonicMs(), clock()]
    const nextMarks = new Map<string, Mark>()
    const nextTrends = new Map<string, readonly LagPoint[]>()
    const watched = lags.map(({ group, partitions }) => {
      const isPaused = pausedGroups.has(group)
      const point = { atMs, records: totalLag(partitions) }
      const points = withPoint(trends.get(group) ?? [], point)
      nextTrends.set(group, points)
      return {
        group,
        isPaused,
        trendPerSecond: trendOf(points, point),
        partitions: partitions.map((partition) => {
          const key = keyOf(group, partition)
          const mark = markOf(marks.get(key), partition, { isPaused, atMs })
          if (nextMarks.size < partitionsMax) nextMarks.set(key, mark)
          return watchedPartition(partition, mark, { atMs, nowMs, stuckMs })
        }),
      }
    })
    marks = nextMarks
    trends = nextTrends
    return watched
  }

  /** One at a time: an older answer that came later would look like progress. */
  async function lookNext(): Promise<readonly WatchedGroup[]> {
    await latest?.groups.catch(() => {})
    waiting = undefined
    latest = { atMs: monotonicMs(), groups: look() }
    return latest.groups
  }
  const groups = (maxAgeMs: number): Promise<readonly WatchedGroup[]> => {
    if (latest && monotonicMs() - latest.atMs < maxAgeMs) return latest.groups
    return (waiting ??= lookNext())
  }
  const lookEveryMs = Math.min(lookEveryMsMax, stuckMs / 4)
  const keepLooking = async (): Promise<void> => {
    // Whoever asks is told what is wrong with the log.
    await groups(lookEveryMs / 2).catch(() => {})
    if (timer) start()
  }
  const start = (): void => {
    timer = setTimeout(() => void keepLooking(), lookEveryMs).unref()
  }

  return {
    groups,
    start,
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

function keyOf(group: string, { topic, partition }: PartitionLag): string {
  return JSON.stringify([group, topic, partition])
}

function markOf(
  before: Mark | undefined,
  lag: PartitionLag,
  { isPaused, atMs }: Readonly<{ isPaused: boolean; atMs: number }>,
): Mark {
  const { committed } = lag
  const known = before?.committed === committed ? before : undefined
  // Of what is left to read there may be markers of the log alone, which nobody reads.
  const isReadable = lag.lagRecords > 0 && lag.nextTimestampMs !== null
  const waitsSinceMs = isPaused ? atMs : (known?.waitsSinceMs ?? atMs)
  return { committed, movedAtMs: known?.movedAtMs ?? atMs, waitsSinceMs: isReadable ? waitsSinceMs : undefined }
}

function watchedPartition(
  lag: PartitionLag,
  { movedAtMs, waitsSinceMs = Infinity }: Mark,
  { atMs, nowMs, stuckMs }: Readonly<{ atMs: number; nowMs: number; stuckMs: number }>,
): WatchedPartition {
  return {
    ...lag,
    lagSeconds: lagMsOf(lag, nowMs) / 1000,
    idleSeconds: (atMs - movedAtMs) / 1000,
    // By what was seen: log times may be ahead of every clock here.
    isStuck: atMs - waitsSinceMs >= stuckMs,
  }
}

function withPoint(points: readonly LagPoint[], point: LagPoint): readonly LagPoint[] {
  const recent = points.filter(({ atMs }) => point.atMs - atMs <= trendWindowMs)
  const last = recent.at(-1)
  return last && point.atMs - last.atMs < trendEveryMs ? recent : [...recent, point]
}

function trendOf([oldest]: readonly LagPoint[], { atMs, records }: LagPoint): number {
  if (!oldest || oldest.atMs === atMs) return 0
  return Math.round(((records - oldest.records) * 10_000) / (atMs - oldest.atMs)) / 10
}
