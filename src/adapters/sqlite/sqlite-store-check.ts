import { decimalText } from '../../domain/money.ts'
import { addToSums, type Sums } from '../../domain/totals.ts'
import { hasCode } from '../../errors.ts'
import { openStoreDatabase, type StoreDatabase } from './sqlite-store-database.ts'
import { sqlitePayments } from './sqlite-store-ledger.ts'
import { paymentIndex } from './sqlite-store-ledger-rows.ts'
import { sqliteTotals } from './sqlite-store-orders.ts'
import { intOf, textOf } from './sqlite-store-rows.ts'
import { sqliteViewCounts } from './sqlite-store-views.ts'

/**
 * Reads the whole store, beside a running writer or without one, and says what is wrong with it: nothing when the file's
 * structure is sound and everything that was counted is there, to the minor unit.
 *
 * @throws {OrdermillError} STORE_UNAVAILABLE when the file can't be read now
 */
export async function checkSqliteStore(file: string): Promise<readonly string[]> {
  try {
    const db = openStoreDatabase(file, { readOnly: true })
    try {
      return await findDamage(db)
    } finally {
      await db.close()
    }
  } catch (error) {
    if (hasCode(error, 'DATA_CORRUPT')) return [error.message]
    throw error
  }
}

function findDamage(db: StoreDatabase): Promise<readonly string[]> {
  // All of one moment: a writer goes on meanwhile.
  return db.read(() => {
    const lines = db.prepare('PRAGMA quick_check').all()
    const broken = lines.map((row) => textOf(row, 'quick_check')).filter((line) => line !== 'ok')
    return broken.length > 0 ? broken : checkCounts(db)
  })
}

function checkCounts(db: StoreDatabase): readonly string[] {
  const { overall } = sqliteTotals(db)().totals
  const { tally } = sqlitePayments(db)()
  const views = sqliteViewCounts(db)()
  const paid = `payment = ${paymentIndex('PAID')}`
  return [
    ...checkCount('orders', overall.orderCount, countOf(db, 'orders')),
    ...checkSums('orders', overall.sales, sumsOf(db, 'orders')),
    ...checkCount('paid orders', tally.paid, countOf(db, 'ledger', paid)),
    ...checkSums('paid orders', tally.paidSums, sumsOf(db, 'ledger', paid)),
    ...checkCount('alerts', views.alerts, countOf(db, 'alerts')),
    ...checkCount('dead letters', views.deadLetters, countOf(db, 'dead_letters')),
  ]
}

function checkCount(what: string, counted: number, found: number): readonly string[] {
  return counted === found ? [] : [`${counted} ${what} were counted, and ${found} are stored`]
}

function checkSums(what: string, counted: Sums, found: Sums): readonly string[] {
  return [...new Set([...counted.keys(), ...found.keys()])].flatMap((currency) => {
    const [sum, stored] = [counted.get(currency) ?? 0n, found.get(currency) ?? 0n]
    if (sum === stored) return []
    const amounts = `${decimalText(sum, currency)} ${currency} were counted, and ${decimalText(stored, currency)} are stored`
    return [`${what}: ${amounts}`]
  })
}

function countOf(db: StoreDatabase, table: string, where = 'true'): number {
  return intOf(db.prepare(`SELECT count(*) AS found FROM ${table} WHERE ${where}`).get() ?? {}, 'found')
}

/** In two halves: SQLite's integers end at 64 bits. */
function sumsOf(db: StoreDatabase, table: string, where = 'true'): Sums {
  const half = 10_000_000
  const rows = db.prepare(`
    SELECT currency, sum(amount_minor / ${half}) AS high, sum(amount_minor % ${half}) AS low
    FROM ${table} WHERE ${where} GROUP BY currency`)
  const sums: Sums = new Map()
  for (const row of rows.all()) {
    const minor = BigInt(intOf(row, 'high')) * BigInt(half) + BigInt(intOf(row, 'low'))
    addToSums(sums, textOf(row, 'currency'), minor)
  }
  return sums
}
