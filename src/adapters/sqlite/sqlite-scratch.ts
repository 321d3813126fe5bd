import type { PaymentOutcome } from '../../domain/payment.ts'
import type { Scratch } from '../../ports/scratch.ts'
import { openStoreDatabase, type StoreDatabase } from './sqlite-store-database.ts'
import { intOf, memberOf, textOf } from './sqlite-store-rows.ts'
import { openSqliteStore } from './sqlite-store.ts'

const tables = [
  'scratch_state (id INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT',
  'scratch_notes (number INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT',
  `scratch_payments (
    topic_id TEXT NOT NULL, input_partition INTEGER NOT NULL, input_offset INTEGER NOT NULL,
    outcome INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (topic_id, input_partition, input_offset)
  ) STRICT, WITHOUT ROWID`,
]

/** Stored as their index. */
const outcomes = ['PAID', 'DECLINED', 'SKIPPED', 'HELD'] as const satisfies readonly PaymentOutcome[]

/** @throws {OrdermillError} STORE_UNAVAILABLE, DATA_CORRUPT */
export async function openSqliteScratch(file: string): Promise<Scratch> {
  const store = openSqliteStore({ file })
  const db = openStoreDatabase(file, {})
  await db.write(() => {
    for (const table of tables) db.prepare(`CREATE TABLE IF NOT EXISTS ${table}`).run()
  })
  return {
    store,
    ...sqliteScratch(db),
    async close() {
      await db.close()
      await store.close()
    },
  }
}

function sqliteScratch(db: StoreDatabase): Omit<Scratch, 'store' | 'close'> {
  const readState = db.prepare('SELECT state FROM scratch_state WHERE id = 0')
  const writeState = db.prepare('INSERT OR REPLACE INTO scratch_state (id, state) VALUES (0, ?)')
  const writeNote = db.prepare('INSERT OR REPLACE INTO scratch_notes (number, note) VALUES (?, ?)')
  const readNotes = db.prepare('SELECT note FROM scratch_notes ORDER BY number LIMIT ?')
  const writePayment = db.prepare('INSERT OR REPLACE INTO scratch_payments VALUES (?, ?, ?, ?, ?)')
  const readPayments = db.prepare(`
    SELECT input_offset, outcome, at_ms FROM scratch_payments
    WHERE topic_id = ? AND input_partition = ? AND input_offset >= ? AND input_offset < ?`)

  return {
    state: () =>
      db.read(() => {
        const row = readState.get()
        return row && textOf(row, 'state')
      }),

    advance: (state, { payments = [], notes = [] } = {}) =>
      db.write(() => {
        for (const { position, outcome, atMs } of payments) {
          const { topicId, partition, offset } = position
          writePayment.run(topicId, partition, offset, outcomes.indexOf(outcome), atMs)
        }
        for (const { number, text } of notes) writeNote.run(number, text)
        writeState.run(state)
      }),

    payments: ({ topicId, partition }, { from, to }) =>
      db.read(() => {
        const rows = readPayments.all(topicId, partition, from, to)
        return new Map(
          rows.map((row) => {
            const outcome = memberOf(outcomes, intOf(row, 'outcome'))
            return [intOf(row, 'input_offset'), { outcome, atMs: intOf(row, 'at_ms') }] as const
          }),
        )
      }),

    notes: (limit) => db.read(() => readNotes.all(limit).map((row) => textOf(row, 'note'))),
  }
}
