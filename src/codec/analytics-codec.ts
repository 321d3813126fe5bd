import type { CurrencyCode } from '../domain/currency.ts'
import { decimalText } from '../domain/money.ts'
import { eventIdOf, type Position } from '../domain/position.ts'
import type { AsOf, TotalsSnapshot } from '../ports/order-book.ts'
import type { NewRecord } from '../ports/log.ts'
import { bytesOf, eventIdHeaders } from './bytes.ts'

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
