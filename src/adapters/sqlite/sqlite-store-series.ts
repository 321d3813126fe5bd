import { dayMs, windowStart } from '../../domain/window.ts'
import type { OrderQueries, SeriesPoint } from '../../ports/order-queries.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, textOf, type Row } from './sqlite-store-rows.ts'

export type SeriesQueries = Pick<OrderQueries, 'series' | 'nextSeriesDay'>
export type Series = Readonly<{ add: (points: readonly SeriesPoint[]) => void; queries: SeriesQueries }>

/** Minutes older than `seriesRetentionMs` may go; 0 keeps them for ever. */
export type SeriesLimit = Readonly<{ seriesRetentionMs: number; now: () => number }>

/** Sums are added here, not in SQL: SQLite's integers end at 64 bits. */
export function sqliteSeries(db: StoreDatabase, limit: SeriesLimit = keepAll, prefix = ''): Series {
  const { seriesRetentionMs, now } = limit
  const select = db.prepare(`SELECT * FROM ${prefix}series WHERE start_ms = ? AND currency = ?`)
  const range = db.prepare(
    `SELECT * FROM ${prefix}series WHERE start_ms >= ? AND start_ms < ? ORDER BY start_ms, currency`,
  )
  const first = db.prepare(`SELECT start_ms FROM ${prefix}series WHERE start_ms >= ? ORDER BY start_ms LIMIT 1`)
  const drop = db.prepare(`DELETE FROM ${prefix}series WHERE start_ms < ?`)
  const upsert = db.prepare(`
    INSERT INTO ${prefix}series (start_ms, currency, order_count, sales_minor) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET order_count = excluded.order_count, sales_minor = excluded.sales_minor`)

  return {
    add(points) {
      const fromMs = seriesRetentionMs === 0 ? -Infinity : now() - seriesRetentionMs
      for (const { startMs, currency, orderCount, salesMinor } of points) {
        if (startMs < fromMs) continue
        const row = select.get(startMs, currency)
        const known = row ? pointOf(row) : { orderCount: 0, salesMinor: 0n }
        upsert.run(startMs, currency, known.orderCount + orderCount, String(known.salesMinor + salesMinor))
      }
      if (seriesRetentionMs > 0) drop.run(fromMs)
    },
    queries: {
      series: ({ fromMs, toMs }) => db.read(() => range.all(fromMs, toMs).map(pointOf)),
      nextSeriesDay: (fromMs) =>
        db.read(() => {
          const row = first.get(fromMs)
          return row && windowStart(intOf(row, 'start_ms'), dayMs)
        }),
    },
  }
}

const keepAll: SeriesLimit = { seriesRetentionMs: 0, now: () => 0 }

function pointOf(row: Row): SeriesPoint {
  return {
    startMs: intOf(row, 'start_ms'),
    currency: textOf(row, 'currency'),
    orderCount: intOf(row, 'order_count'),
    salesMinor: BigInt(textOf(row, 'sales_minor')),
  }
}
