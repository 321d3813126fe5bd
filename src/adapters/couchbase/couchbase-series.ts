import { hourMs, windowStart, dayMs } from '../../domain/window.ts'
import type { OrderAnswer } from '../../domain/order-state.ts'
import type { OrderFact } from '../../ports/order-book.ts'
import type { OrderQueries, SeriesPoint } from '../../ports/order-queries.ts'
import type { Claim, Progress, ShardKey } from '../../ports/shards.ts'
import { foldSeries } from '../store/fold.ts'
import type { Generation, Generations } from './couchbase-generations.ts'
import { readJson, type Modify } from './couchbase-json.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import { keyOf } from './couchbase-directory.ts'
import type { CouchbaseShards } from './couchbase-shards.ts'
import type { ForEach } from './couchbase-work.ts'

/** The minutes of one hour of event time, as one shard counted them. `next`: what is counted of the shard's records. */
type Bucket = Readonly<{ kind: 'series'; next: number; points: readonly StoredPoint[] }>
type StoredPoint = readonly [startMs: number, currency: string, orderCount: number, salesMinor: string]

export type SeriesBatch = Readonly<{
  claim: Claim
  facts: readonly OrderFact[]
  answers: readonly (OrderAnswer | undefined)[]
  progress: Progress
  /** Those that the shard names already. */
  days: readonly number[]
}>

export type CouchbaseSeries = Pick<OrderQueries, 'series' | 'nextSeriesDay'> &
  Readonly<{
    /**
     * Counts a batch before its shard moves. Each bucket knows what it has counted, so that a batch that comes again, cut
     * differently or from an owner who lost the partition, adds nothing twice.
     *
     * @returns the days that the shard names from then on
     */
    add: (generation: Generation, batch: SeriesBatch) => Promise<readonly number[]>
  }>

type SeriesDeps = Readonly<{
  generations: Generations
  shards: Pick<CouchbaseShards, 'allIn'>
  modify: Modify
  forEach: ForEach
  forEachRead: ForEach
}>

/** 55 years. Made-up times must not fill the shard's document: beyond, the oldest days are no longer found. */
const daysMax = 20_000
/** A document that would expire later never does: the server keeps the second in 32 bits. */
const expiryMsMax = (2 ** 32 - 1) * 1000
const hoursADay = dayMs / hourMs

export function couchbaseSeries(
  { generations, shards, modify, forEach, forEachRead }: SeriesDeps,
  { now, seriesRetentionMs }: Pick<CouchbaseStoreOptions, 'now' | 'seriesRetentionMs'>,
): CouchbaseSeries {
  const expiresAtMs = (hour: number): number | undefined => {
    const atMs = (hour + 1) * hourMs + seriesRetentionMs
    return seriesRetentionMs === 0 || atMs > expiryMsMax ? undefined : atMs
  }

  function isKept(hour: number): boolean {
    return (expiresAtMs(hour) ?? Infinity) > now()
  }

  async function addHour({ series }: Generation, hour: number, batch: SeriesBatch): Promise<void> {
    const { claim, progress, facts, answers } = batch
    await modify<Bucket>(
      series,
      seriesKey(claim.shard, hour),
      (bucket) => {
        const counted = Math.max(claim.next, bucket?.next ?? 0)
        if (counted >= progress.next) return undefined
        const points = addPoints(bucket?.points ?? [], foldSeries(counted, facts, answers))
        return { kind: 'series', next: progress.next, points }
      },
      expiresAtMs(hour),
    )
  }

  return {
    async add(generation, batch) {
      const hours = [...byHour(batch)].filter(([hour]) => isKept(hour))
      await forEach(hours, ([hour, part]) => addHour(generation, hour, { ...batch, ...part }))
      const days = new Set([...batch.days, ...hours.map(([hour]) => dayOf(hour))])
      const kept = [...days].filter((day) => isKept((day + 1) * hoursADay - 1))
      return kept.toSorted((a, b) => a - b).slice(-daysMax)
    },

    series: ({ fromMs, toMs }) =>
      generations.throughout(async (generation) => {
        const buckets = (await shards.allIn(generation, 'totals')).flatMap((shard) =>
          hoursOf(shard.seriesDays)
            .filter((hour) => (hour + 1) * hourMs > fromMs && hour * hourMs < toMs)
            .map((hour) => seriesKey(shard, hour)),
        )
        const read = await forEachRead(
          buckets,
          async (key) => (await readJson<Bucket>(generation.series, key))?.document.points ?? [],
        )
        // All at once: a sum of each with all before it would take minutes for a month.
        return addPoints([], read.flat().map(pointOf))
          .map(pointOf)
          .filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
      }),

    nextSeriesDay: (fromMs) =>
      generations.throughout(async (generation) => {
        const days = (await shards.allIn(generation, 'totals')).flatMap(({ seriesDays }) => seriesDays)
        const later = days.filter((day) => (day + 1) * dayMs > fromMs)
        return later.length === 0 ? undefined : later.reduce((a, b) => Math.min(a, b)) * dayMs
      }),
  }
}

/** Since the Unix epoch, as the days are. */
export function hoursOf(days: readonly number[]): readonly number[] {
  return days.flatMap((day) => Array.from({ length: hoursADay }, (_, hour) => day * hoursADay + hour))
}

export function seriesKey(shard: Omit<ShardKey, 'topic'>, hour: number): string {
  return `${keyOf(shard)}/${hour}`
}

/** Hours since the Unix epoch of the orders that were new, each with its facts. */
function byHour({ claim, facts, answers }: SeriesBatch): Map<number, Pick<SeriesBatch, 'facts' | 'answers'>> {
  const hours = new Map<number, { facts: OrderFact[]; answers: (OrderAnswer | undefined)[] }>()
  for (const [index, fact] of facts.entries()) {
    const answer = answers[index]
    if (fact.kind !== 'order' || answer?.kind !== 'first' || fact.offset < claim.next) continue
    const hour = windowStart(fact.order.createdAtMs, hourMs) / hourMs
    const part = hours.get(hour) ?? { facts: [], answers: [] }
    part.facts.push(fact)
    part.answers.push(answer)
    hours.set(hour, part)
  }
  return hours
}

function dayOf(hour: number): number {
  return Math.floor(hour / hoursADay)
}

/** Ascending by minute, then currency. */
function addPoints(points: readonly StoredPoint[], more: readonly SeriesPoint[]): readonly StoredPoint[] {
  const sums = new Map(points.map((point) => [`${point[0]} ${point[1]}`, point]))
  for (const { startMs, currency, orderCount, salesMinor } of more) {
    const key = `${startMs} ${currency}`
    const [, , count = 0, minor = '0'] = sums.get(key) ?? []
    sums.set(key, [startMs, currency, count + orderCount, String(BigInt(minor) + salesMinor)])
  }
  return [...sums.values()].toSorted((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1))
}

function pointOf([startMs, currency, orderCount, salesMinor]: StoredPoint): SeriesPoint {
  return { startMs, currency, orderCount, salesMinor: BigInt(salesMinor) }
}
