/** Orders as lines of a file, and what the totals of them are. */
export type OrderLines = Readonly<{ lines: readonly string[]; ndjson: string; count: number; totalSales: number }>

const countries = ['US', 'DE', 'BR']
const statuses = ['CREATED', 'CONFIRMED', 'CANCELLED']

export function orderLine(orderId: number, members: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    order_id: orderId,
    customer_id: 1_000 + (orderId % 9_000),
    amount: centsOf(orderId) / 100,
    currency: 'USD',
    country: countries[orderId % countries.length],
    status: statuses[orderId % statuses.length],
    created_at: '2026-01-31T09:30:00.000Z',
    source: 'order-service',
    ...members,
  })
}

export function orderLines(count: number): OrderLines {
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  const lines = ids.map((id) => orderLine(id))
  const cents = ids.reduce((sum, id) => sum + centsOf(id), 0)
  return { lines, ndjson: `${lines.join('\n')}\n`, count, totalSales: cents / 100 }
}

function centsOf(orderId: number): number {
  return 1_000 + ((orderId * 7_919) % 49_000)
}
