import type { CurrencyCode } from '../domain/currency.ts'
import { decimalText } from '../domain/money.ts'
import { eventIdOf, type Position } from '../domain/position.ts'
import type { AsOf, TotalsSnapshot } from '../ports/order-book.ts'
import { OrdermillError } from '../errors.ts'
import type { LogRecord, NewRecord } from '../ports/log.ts'
import { bytesOf, eventIdHeaders, textOf } from './bytes.ts'
import { isJsonObject, parseJsonObject } from './json.ts'

export const analyticsTopic = 'order-analytics'

/** `{"orders":{"0":17}}`: topic -> partition -> next offset. */
function asOfJson(asOf: AsOf): Record<string, Record<string, number>> {
  return Object.fromEntries(
    [...asOf].map(([topic, partitions]) => [
      topic,
      Object.fromEntries([...partitions].map(([p, next]) => [`${p}`, next])),
    ]),
  )
}

/** How many orders a snapshot counts, and up to where it is true. */
export type Snapshot = Readonly<{ orderCount: number; nextOf: (topic: string, partition: number) => number }>

/** @throws {OrdermillError} RECORD_INVALID for what is no snapshot of ours */
export function decodeSnapshot({ value }: Pick<LogRecord, 'value'>): Snapshot {
  const { order_count: orderCount, as_of: asOf } = parseJsonObject(textOf(value ?? new Uint8Array()))
  if (typeof orderCount !== 'number' || !isJsonObject(asOf)) {
    throw new OrdermillError('RECORD_INVALID', 'not a snapshot of the totals: order_count and as_of are needed')
  }
  return {
    orderCount,
    nextOf(topic, partition) {
      const partitions = asOf[topic]
      const next = isJsonObject(partitions) ? partitions[`${partition}`] : undefined
      return typeof next === 'number' ? next : 0
    },
  }
}

/** Running totals; `total_sales` is the sum in the base currency, written with all its digits. */
export function encodeSnapshot(
  group: string,
  { totals, asOf }: TotalsSnapshot,
  baseCurrency: CurrencyCode,
  position: Position,
): NewRecord {
  const sales = decimalText(totals.overall.sales.get(baseCurrency) ?? 0n, baseCurrency)
  const rest = JSON.stringify({ order_count: totals.overall.orderCount, currency: baseCurrency, as_of: asOfJson(asOf) })
  return {
    topic: analyticsTopic,
    key: null,
    value: bytesOf(`{"total_sales":${sales},${rest.slice(1)}`),
    headers: eventIdHeaders(eventIdOf(group, position)),
  }
}
