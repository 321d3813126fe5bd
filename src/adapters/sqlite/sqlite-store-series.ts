import type { OrderQueries, SeriesPoint } from '../../ports/order-queries.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, textOf, type Row } from './sqlite-store-rows.ts'

export type Series = Pick<OrderQueries, 'series'> & Readonly<{ add: (points: readonly SeriesPoint[]) => void }>

/** Sums are added here, not in SQL: SQLite's integers end at 64 bits. */
export function sqliteSeries(db: StoreDatabase): Series {
  const select = db.prepare('SELECT * FROM series WHERE start_ms = ? AND currency = ?')
  const range = db.prepare('SELECT * FROM series WHERE start_ms >= ? AND start_ms < ? ORDER BY start_ms, currency')
  const upsert = db.prepare(`
    INSERT INTO series (start_ms, currency, order_count, sales_minor) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET order_count = excluded.order_count, sales_minor = excluded.sales_minor`)

  return {
    add(points) {
      for (const { startMs, currency, orderCount, salesMinor } of points) {
        const row = select.get(startMs, currency)
        const known = row ? pointOf(row) : { orderCount: 0, salesMinor: 0n }
        upsert.run(startMs, currency, known.orderCount + orderCount, String(known.salesMinor + salesMinor))
      }
    },
    series: ({ fromMs, toMs }) => db.read(() => range.all(fromMs, toMs).map(pointOf)),
  }
}

function pointOf(row: Row): SeriesPoint {
  return {
    startMs: intOf(row, 'start_ms'),
    currency: textOf(row, 'currency'),
    orderCount: intOf(row, 'order_count'),
    salesMinor: BigInt(textOf(row, 'sales_minor')),
  }
}
