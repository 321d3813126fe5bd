import { lagAt, type GroupLags } from '../ports/lag.ts'
import type { PartitionLag, TopicDescription } from '../ports/log.ts'
import type { ShardSummary } from '../ports/order-queries.ts'
import type { ShardKey } from '../ports/shards.ts'

/** One group on one partition: what became of the records below its `next`, and whether that is all of them. */
export type Equation = Readonly<{
  shard: ShardKey
  next: number
  terms: readonly Term[]
  /** In the log below `next`; null where offsets have gaps. */
  records: number | null
  /** `records` minus the sum of the terms; null where `records` is. */
  difference: number | null
  /** Records from `next` to the end, at most. */
  inFlight: number
  /** Of the partition; undefined where the topic is gone, or was made again. */
  log: Readonly<{ begin: number; end: number }> | undefined
}>

export type Term = Readonly<{ name: string; records: number }>

type Surroundings = Readonly<{
  topics: readonly TopicDescription[]
  lags: GroupLags
  hasGaps: boolean
}>

export function equationOf(summary: ShardSummary, { topics, lags, hasGaps }: Surroundings): Equation {
  const { shard, next } = summary
  const log = topics.find(({ id }) => id === shard.topicId)?.partitions[shard.partition]
  const terms = termsOf(summary)
  const records = hasGaps ? null : next
  return {
    shard,
    next,
    terms,
    records,
    difference: records === null ? null : records - sumOf(terms.map((term) => term.records)),
    inFlight: log ? inFlightOf(next, log, lagAt(lags.get(shard.group), shard)) : 0,
    log,
  }
}

export function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

function termsOf({ totals, tally }: ShardSummary): readonly Term[] {
  if (totals) {
    const { overall, duplicates, statusChanges, deadLetters, tombstones } = totals
    const counted = { orders: overall.orderCount, duplicates, statusChanges, deadLetters, tombstones }
    return Object.entries(counted).map(termOf)
  }
  if (!tally) return []
  const { paid, declined, skipped, held, duplicates, statusChanges, deadLetters, tombstones } = tally
  const counted = { paid, declined, skipped, held, duplicates, statusChanges, deadLetters, tombstones }
  return Object.entries(counted).map(termOf)
}

function termOf([name, records]: readonly [string, number]): Term {
  return { name: nameOf.get(name) ?? name, records }
}

const nameOf: ReadonlyMap<string, string> = new Map([
  ['statusChanges', 'status changes'],
  ['deadLetters', 'dead letters'],
])

/** Behind what a group has committed there may be markers of the log alone, which nobody reads. */
function inFlightOf(
  next: number,
  { begin, end }: Readonly<{ begin: number; end: number }>,
  lag: PartitionLag | undefined,
): number {
  if (lag && lag.nextTimestampMs === null && (lag.committed ?? 0) <= next) return 0
  return Math.max((lag?.end ?? end) - Math.max(next, begin), 0)
}
