import type { Intake } from '../../ports/intake.ts'
import { checkOrderIds, keyReused, keysRememberedMax } from '../in-process/store-order-ids.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, textOf, textOrNull, type Row } from './sqlite-store-rows.ts'

export function sqliteIntake(db: StoreDatabase): Intake {
  const reserve = sqliteOrderIds(db)
  const find = db.prepare('SELECT * FROM requests WHERE principal = ? AND idempotency_key = ?')
  const insert = db.prepare(`
    INSERT INTO requests (principal, idempotency_key, fingerprint, first_order_id, at_ms) VALUES (?, ?, ?, ?, ?)`)
  const complete = db.prepare('UPDATE requests SET response = ? WHERE principal = ? AND idempotency_key = ?')
  // Only the oldest rows are ever deleted, so that the sequence has no gaps and its ends tell the count.
  const forget = db.prepare(`DELETE FROM requests WHERE seq <= (SELECT max(seq) FROM requests) - ${keysRememberedMax}`)

  return {
    reserveOrderIds: (count) => db.write(() => reserve(count)),

    remember: ({ principal, key, fingerprint, idsNeeded, atMs }) =>
      db.write(() => {
        const row = find.get(principal, key)
        if (row && textOf(row, 'fingerprint') !== fingerprint) throw keyReused(key)
        if (row) return rememberedOf(row)
        const firstOrderId = reserve(idsNeeded)
        insert.run(principal, key, fingerprint, firstOrderId, atMs)
        forget.run()
        return { firstOrderId, atMs, response: undefined }
      }),

    complete: (principal, key, response) =>
      db.write(() => {
        complete.run(response, principal, key)
      }),
  }
}

function rememberedOf(row: Row) {
  const response = textOrNull(row, 'response') ?? undefined
  return { firstOrderId: intOf(row, 'first_order_id'), atMs: intOf(row, 'at_ms'), response }
}

/** Only within a write. */
function sqliteOrderIds(db: StoreDatabase): (count: number) => number {
  const greatest = db.prepare(`
    SELECT max(
      ifnull((SELECT value FROM counters WHERE name = 'order_id_given'), 0),
      ifnull((SELECT max(order_id) FROM orders), 0),
      ifnull((SELECT max(order_id) FROM ledger), 0)
    ) AS last`)
  const move = db.prepare(`
    INSERT INTO counters (name, value) VALUES ('order_id_given', ?) ON CONFLICT DO UPDATE SET value = excluded.value`)

  return (count) => {
    const last = intOf(greatest.get() ?? {}, 'last')
    checkOrderIds(last, count)
    move.run(last + count)
    return last + 1
  }
}
