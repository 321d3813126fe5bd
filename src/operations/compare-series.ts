import { orderGroups } from '../codec/groups.ts'
import type { Difference } from '../codec/operation-codec.ts'
import { decodeOrder } from '../codec/order-codec.ts'
import { decimalText } from '../domain/money.ts'
import { minuteMs, windowStart } from '../domain/window.ts'
import { decodeItems } from '../pipeline/decode.ts'
import type { LogRecord } from '../ports/log.ts'
import type { OrderQueries, SeriesPoint } from '../ports/order-queries.ts'
import { orderInput } from '../services/order-input.ts'
import type { PieceDeps, SeriesShard } from './check-state.ts'

/** Of event time: [fromMs, toMs). */
export type Day = Readonly<{ fromMs: number; toMs: number }>
type Count = Pick<SeriesPoint, 'orderCount' | 'salesMinor'>
type Pair = Readonly<{ key: string; point: Pick<SeriesPoint, 'startMs' | 'currency'>; expected: Count; found: Count }>
type Counts = ReadonlyMap<string, Count>
export const nothingAhead: Counts = new Map()
const none: Count = { orderCount: 0, salesMinor: 0n }

/** Where the two sides are not equal. What is old enough to be gone is nobody's to compare, whichever side has it still. */
export async function differing({ scratch, store, seriesKeptFromMs }: PieceDeps, day: Day): Promise<readonly Pair[]> {
  const [expected, found] = [await pointsOf(scratch.store, day), await pointsOf(store, day)]
  const keptFromMs = seriesKeptFromMs()
  return [...new Map([...expected, ...found])]
    .map(([key, point]) => ({ key, point, expected: expected.get(key) ?? none, found: found.get(key) ?? none }))
    .filter(({ point, ...pair }) => point.startMs >= keptFromMs && !isSame(pair.expected, pair.found))
}

async function pointsOf(store: Pick<OrderQueries, 'series'>, day: Day): Promise<ReadonlyMap<string, SeriesPoint>> {
  return new Map((await store.series(day)).map((point) => [keyOf(point), point]))
}

function keyOf({ startMs, currency }: Pick<SeriesPoint, 'startMs' | 'currency'>): string {
  return `${startMs} ${currency}`
}

const aheadBatch = { recordsMax: 2_000, bytesMax: 4 * 1024 * 1024 }

/**
 * All orders of a day, by minute and currency, that are behind what was `read`: at most these a store may have counted besides.
 */
export async function countAhead(
  { log, settings }: Pick<PieceDeps, 'log' | 'settings'>,
  read: readonly SeriesShard[],
  day: Day,
  signal: AbortSignal,
): Promise<Counts> {
  const names = orderInput(settings.topic, orderGroups.analytics).topics
  const counts = new Map<string, Count>()
  for (const { name, id, partitions } of (await log.topics()).filter((topic) => names.includes(topic.name))) {
    for (const { partition, end } of partitions) {
      const known = read.find(({ shard }) => shard.topicId === id && shard.partition === partition)
      for (let offset = known?.next ?? 0; offset < end;) {
        signal.throwIfAborted()
        const { records, next } = await log.read({ topic: name, partition, offset, ...aheadBatch })
        // What a transaction holds that has not ended, nobody has counted.
        if (next <= offset) break
        addOrders(counts, records, day)
        offset = next
      }
    }
  }
  return counts
}

function addOrders(counts: Map<string, Count>, records: readonly LogRecord[], { fromMs, toMs }: Day): void {
  for (const item of decodeItems(records, decodeOrder)) {
    if (item.kind !== 'value') continue
    const { createdAtMs, amount } = item.value.order
    if (createdAtMs < fromMs || createdAtMs >= toMs) continue
    const key = keyOf({ startMs: windowStart(createdAtMs, minuteMs), currency: amount.currency })
    counts.set(key, added(counts.get(key) ?? none, { orderCount: 1, salesMinor: BigInt(amount.minor) }))
  }
}

function added(a: Count, b: Count): Count {
  return { orderCount: a.orderCount + b.orderCount, salesMinor: a.salesMinor + b.salesMinor }
}

function isSame(a: Count, b: Count): boolean {
  return a.orderCount === b.orderCount && a.salesMinor === b.salesMinor
}

/** The store has more of something. */
export function isMore({ expected, found }: Pair): boolean {
  return exceeds(found, expected)
}

function exceeds(a: Count, b: Count): boolean {
  return a.orderCount > b.orderCount || a.salesMinor > b.salesMinor
}

/** @param ahead what the store may have counted besides */
export function differenceOf({ point, expected, found }: Pair, ahead: Count = none): readonly Difference[] {
  const most = added(expected, ahead)
  if (!exceeds(expected, found) && !exceeds(found, most)) return []
  const textOf = ({ orderCount, salesMinor }: Count): string =>
    `${orderCount} orders, ${decimalText(salesMinor, point.currency)} ${point.currency}`
  const what = isSame(found, none) ? 'missing' : isSame(most, none) ? 'unexpected' : 'different'
  const minute = new Date(point.startMs).toISOString().replace(':00.000Z', 'Z')
  const bounds = isSame(most, expected) ? textOf(expected) : `${textOf(expected)} to ${textOf(most)}`
  return [
    { order_id: null, what, where: `series at ${minute}, ${point.currency}`, expected: bounds, found: textOf(found) },
  ]
}
