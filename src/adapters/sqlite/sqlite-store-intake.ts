import { orderIdChosenMax, type Intake } from '../../ports/intake.ts'
import { answersBytesMax, checkOrderIds, keyReused, keysRememberedMax } from '../store/order-ids.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, textOf, textOrNull, type Row } from './sqlite-store-rows.ts'

type IntakeLimits = Readonly<{ keysMax: number; answersBytesMax: number }>
const limitsByDefault: IntakeLimits = { keysMax: keysRememberedMax, answersBytesMax }

export function sqliteIntake(db: StoreDatabase, limits = limitsByDefault): Intake {
  const requests = sqliteRequests(db, limits)
  const { reserve, raise } = sqliteOrderIds(db)
  let noted = 0

  return {
    reserveOrderIds: (count) => db.write(() => reserve(count)),

    async noteOrderIds(greatest) {
      if (greatest <= noted || greatest > orderIdChosenMax) return
      await db.write(() => raise(greatest))
      noted = Math.max(noted, greatest)
    },

    remember: ({ principal, key, fingerprint, idsNeeded, atMs }) =>
      db.write(() => {
        const row = requests.find(principal, key)
        if (row && textOf(row, 'fingerprint') !== fingerprint) throw keyReused(key)
        if (row) return rememberedOf(row)
        const firstOrderId = reserve(idsNeeded)
        requests.add(principal, key, fingerprint, firstOrderId, atMs)
        return { firstOrderId, atMs, response: undefined }
      }),

    complete: (principal, key, response) =>
      db.write(() => {
        requests.complete(response, principal, key)
      }),
  }
}

/** All but `find` only within a write. */
function sqliteRequests(db: StoreDatabase, limits: IntakeLimits) {
  const find = db.prepare('SELECT * FROM requests WHERE principal = ? AND idempotency_key = ?')
  const insert = db.prepare(`
    INSERT INTO requests (principal, idempotency_key, fingerprint, first_order_id, at_ms) VALUES (?, ?, ?, ?, ?)`)
  const complete = db.prepare(`
    UPDATE requests SET response = ? WHERE principal = ? AND idempotency_key = ? AND response IS NULL`)
  // Only the oldest rows are ever deleted, so that the sequence has no gaps and its ends tell the count.
  const deleting = 'DELETE FROM requests WHERE seq'
  const freeing = 'RETURNING ifnull(octet_length(response), 0) AS bytes'
  const forgetKeys = db.prepare(`${deleting} <= (SELECT max(seq) FROM requests) - ${limits.keysMax} ${freeing}`)
  const forgetOldest = db.prepare(`${deleting} = (SELECT min(seq) FROM requests) ${freeing}`)
  const weigh = db.prepare(`
    INSERT INTO counters (name, value) VALUES ('answers_bytes', ?)
    ON CONFLICT DO UPDATE SET value = value + excluded.value RETURNING value`)
  const addBytes = (bytes: number): number => intOf(weigh.get(bytes) ?? {}, 'value')

  return {
    find: (principal: string, key: string) => find.get(principal, key),
    add(...row: readonly [principal: string, key: string, fingerprint: string, firstOrderId: number, atMs: number]) {
      insert.run(...row)
      const freed = forgetKeys.all().reduce((sum, gone) => sum + intOf(gone, 'bytes'), 0)
      if (freed > 0) addBytes(-freed)
    },
    complete(response: string, principal: string, key: string) {
      if (complete.run(response, principal, key).changes === 0) return
      let bytes = addBytes(Buffer.byteLength(response))
      while (bytes > limits.answersBytesMax) {
        const oldest = forgetOldest.get()
        if (!oldest) return
        bytes = addBytes(-intOf(oldest, 'bytes'))
      }
    },
  }
}

function rememberedOf(row: Row) {
  const response = textOrNull(row, 'response') ?? undefined
  return { firstOrderId: intOf(row, 'first_order_id'), atMs: intOf(row, 'at_ms'), response }
}

type OrderIds = Readonly<{ reserve: (count: number) => number; raise: (greatest: number) => void }>

/** Only within a write. */
function sqliteOrderIds(db: StoreDatabase): OrderIds {
  const seen = (table: string) =>
    `(SELECT order_id FROM ${table} WHERE order_id <= ${orderIdChosenMax} ORDER BY order_id DESC LIMIT 1)`
  const greatest = db.prepare(`
    SELECT max(
      ifnull((SELECT value FROM counters WHERE name = 'order_id_given'), 0),
      ifnull(${seen('orders')}, 0),
      ifnull(${seen('ledger')}, 0)
    ) AS last`)
  const move = db.prepare(`
    INSERT INTO counters (name, value) VALUES ('order_id_given', ?)
    ON CONFLICT DO UPDATE SET value = max(value, excluded.value)`)

  return {
    reserve(count) {
      const last = intOf(greatest.get() ?? {}, 'last')
      checkOrderIds(last, count)
      move.run(last + count)
      return last + 1
    },
    raise(id) {
      move.run(id)
    },
  }
}
