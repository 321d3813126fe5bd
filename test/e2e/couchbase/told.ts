import type { Totals } from '../../../src/api/contract.ts'
import type { Log, LogRecord } from '../../../src/ports/log.ts'
import { readTopic } from '../../support/log-harness.ts'
import { jsonOf, orderRecord, rawRecord } from '../../support/order-json.ts'

/** Orders 1 to 14, of which 1 and 2 are alarming, a repetition, a contradiction, and what nobody can read. */
export const firstRecords = [
  ...Array.from({ length: 14 }, (_, index) =>
    orderRecord(index + 1, { amount: index < 2 ? 400.5 : 20 + index, country: 'DE', note: { grüße: [1.5, null] } }),
  ),
  orderRecord(3, { amount: 22, country: 'DE', note: 'again' }),
  orderRecord(4, { customer_id: 1 }),
  rawRecord('{"order_id":', '1'),
]
export const firstOrders = 14
const refusals = 2
/** Fraud refuses what can't be read, the other two what contradicts as well. */
const letters = 3 * 1 + 2 * 1

/** The first record of each order in the log, as it was received. */
export async function ordersIn(log: Log): Promise<readonly LogRecord[]> {
  const known = new Map<unknown, LogRecord>()
  for (const record of (await readTopic(log, 'orders')).filter(isReadable)) {
    const { order_id: id } = jsonOf(record)
    if (!known.has(id)) known.set(id, record)
  }
  return [...known.values()]
}

function isReadable({ value }: LogRecord): boolean {
  return String(value && Buffer.from(value)).endsWith('}')
}

/** What `GET /api/analytics` has to say, by the log alone. */
export async function expectedAnalytics(log: Log): Promise<unknown> {
  const newest = (await ordersIn(log)).toSorted(
    (a, b) => b.timestampMs - a.timestampMs || b.partition - a.partition || b.offset - a.offset,
  )
  return {
    status: 'ok',
    orders: newest.slice(0, 10).map((record) => ({
      order_analytics: {
        ...jsonOf(record),
        processed_at: String(record.timestampMs),
        kafka_offset: record.offset,
        kafka_partition: record.partition,
      },
    })),
  }
}

export type Sums = Readonly<Record<string, number>>

/** What all services together have to say, by the log alone. */
export async function expectedSums(log: Log, declined = 0): Promise<Sums> {
  const orders = (await ordersIn(log)).map(jsonOf)
  const cents = orders.reduce((sum, { amount }) => sum + Math.round(Number(amount) * 100), 0)
  const alarming = orders.filter(({ amount, country }) => Number(amount) > 300 && country !== 'US' && country !== 'CA')
  return {
    orders: orders.length,
    sales: cents / 100,
    duplicates: 1,
    refusals,
    paid: orders.length - declined,
    declined,
    alerts: alarming.length,
    letters,
  }
}

export function sumsOf(totals: Totals): Sums {
  return {
    orders: totals.order_count,
    sales: totals.total_sales,
    duplicates: totals.duplicates,
    refusals: totals.dead_letters,
    paid: totals.payments.paid,
    declined: totals.payments.declined,
    alerts: totals.alerts,
    letters: totals.dead_letters_listed,
  }
}
