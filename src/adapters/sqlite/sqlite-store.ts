import type { OrderStore } from '../../ports/order-store.ts'
import { openStoreDatabase } from './sqlite-store-database.ts'
import { sqliteIntake } from './sqlite-store-intake.ts'
import { sqliteLedger } from './sqlite-store-ledger.ts'
import { sqliteOrders } from './sqlite-store-orders.ts'
import { sqliteQueries } from './sqlite-store-queries.ts'
import { sqliteRebuilds } from './sqlite-store-rebuilds.ts'
import { sqliteSearch } from './sqlite-store-search.ts'
import { sqliteSeries, type SeriesLimit } from './sqlite-store-series.ts'
import { sqliteShards } from './sqlite-store-shards.ts'
import { sqliteStory } from './sqlite-store-story.ts'
import { sqliteViews } from './sqlite-store-views.ts'

/** `readOnly` is for readers beside a writer: the file must exist, and every write rejects with STORE_UNAVAILABLE. */
export type SqliteStoreOptions = Readonly<{
  file: string
  readOnly?: boolean
  /** How long a write waits for another process's; it blocks this thread. */
  busyTimeoutMs?: number
}> &
  Partial<SeriesLimit>

/**
 * A store in one SQLite file, which several processes of one host may share. Every apply is one transaction.
 *
 * A power cut may take the last applies away (synchronous=NORMAL), whole ones and the newest first; the log, which
 * keeps more, makes them again.
 *
 * @throws {OrdermillError} STORE_UNAVAILABLE, or DATA_CORRUPT for a file that is damaged or of a newer version
 */
export function openSqliteStore({
  file,
  seriesRetentionMs = 0,
  now = Date.now,
  ...options
}: SqliteStoreOptions): OrderStore {
  const db = openStoreDatabase(file, options)
  return {
    ...sqliteShards(db),
    ...sqliteOrders(db, { limit: { seriesRetentionMs, now } }),
    ...sqliteLedger(db),
    ...sqliteViews(db),
    ...sqliteQueries(db),
    ...sqliteSearch(db),
    ...sqliteStory(db),
    ...sqliteSeries(db).queries,
    ...sqliteIntake(db),
    ...sqliteRebuilds(db, { seriesRetentionMs, now }),
    close: db.close,
  }
}
