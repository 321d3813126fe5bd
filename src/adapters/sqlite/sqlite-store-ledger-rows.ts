import type { StatementSync } from 'node:sqlite'
import { orderStatuses, type OrderIdentity } from '../../domain/order.ts'
import type { LedgerEffect, LedgerState, PaymentOutcome } from '../../domain/payment.ts'
import type { StoredPayment } from '../../ports/order-queries.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { indexOfStatus } from './sqlite-store-order-rows.ts'
import type { Places } from './sqlite-store-places.ts'
import { intOf, memberOf, restoreJson, textOf, textOrNull, type Row } from './sqlite-store-rows.ts'

/** Stored as their index: the order is part of the file format. */
const payments = [
  'PENDING',
  'PAID',
  'DECLINED',
  'SKIPPED',
  'HELD',
] as const satisfies readonly LedgerState['payment']['status'][]
const effects = [
  'charge',
  'SKIPPED',
  'HELD',
  'noted',
  'cancelled-after-paid',
] as const satisfies readonly LedgerEffect[]

export function paymentIndex(payment: PaymentOutcome | 'PENDING'): number {
  return payments.indexOf(payment)
}

function indexOfEffect(effect: LedgerEffect): number {
  return effects.indexOf(effect)
}

export const ledgerColumns =
  'order_id, identity_ms, at_ms, first_partition, first_offset, first_place, first_status, effect, customer_id, ' +
  'amount_minor, currency, country, created_at_ms, payment, settled_at_ms, history'

export function ledgerOf(row: Row, places: Places): LedgerState {
  const history = textOrNull(row, 'history')
  if (history !== null) return restoreJson<LedgerState>(history)
  const position = places.positionOf(intOf(row, 'first_place'), intOf(row, 'first_offset'))
  const effect = memberOf(effects, intOf(row, 'effect'))
  const status = memberOf(payments, intOf(row, 'payment'))
  return {
    content: {
      customerId: intOf(row, 'customer_id'),
      amountMinor: intOf(row, 'amount_minor'),
      currency: textOf(row, 'currency'),
      country: textOf(row, 'country'),
      createdAtMs: intOf(row, 'created_at_ms'),
    },
    entries: [
      { position, effect, status: memberOf(orderStatuses, intOf(row, 'first_status')), atMs: intOf(row, 'at_ms') },
    ],
    payment: status === 'PENDING' ? { status, position } : { status, position, atMs: intOf(row, 'settled_at_ms') },
  }
}

export function storedPaymentOf(row: Row, places: Places): StoredPayment {
  return { orderId: intOf(row, 'order_id'), timestampMs: intOf(row, 'at_ms'), ledger: ledgerOf(row, places) }
}

export type LedgerRows = Readonly<{
  /** Leaves an order that is there as it is, and says whether it was not. */
  insert: (identity: OrderIdentity, ledger: LedgerState, place: number) => boolean
  read: (identity: OrderIdentity, places: Places) => LedgerState | undefined
  write: (identity: OrderIdentity, ledger: LedgerState) => void
  /** The common case in one statement: the order's only record holds the reservation. False: nothing was written. */
  settleFirst: (settled: Settled, place: number) => boolean
}>
export type Settled = Readonly<{ identity: OrderIdentity; offset: number; outcome: PaymentOutcome; atMs: number }>

export function sqliteLedgerRows(db: StoreDatabase): LedgerRows {
  const insert = prepareInsert(db)
  const key = 'order_id = ? AND identity_ms = ?'
  const select = db.prepare(`SELECT ${ledgerColumns} FROM ledger WHERE ${key}`)
  const update = db.prepare(`UPDATE ledger SET payment = ?, settled_at_ms = ?, history = ? WHERE ${key}`)
  const settle = db.prepare(`
    UPDATE ledger SET payment = ?, settled_at_ms = ?
    WHERE ${key} AND payment = 0 AND history IS NULL AND first_place = ? AND first_offset = ?`)

  return {
    insert({ orderId, createdAtMs }, { content, entries, payment }, place) {
      const [{ position, status, effect, atMs }] = entries
      const settledAtMs = payment.status === 'PENDING' ? null : payment.atMs
      const { changes } = insert.run(
        orderId,
        createdAtMs,
        atMs,
        position.partition,
        position.offset,
        place,
        indexOfStatus(status),
        indexOfEffect(effect),
        content.customerId,
        content.amountMinor,
        content.currency,
        content.country,
        content.createdAtMs,
        paymentIndex(payment.status),
        settledAtMs,
      )
      return changes === 1
    },
    read({ orderId, createdAtMs }, places) {
      const row = select.get(orderId, createdAtMs)
      return row && ledgerOf(row, places)
    },
    write({ orderId, createdAtMs }, ledger) {
      const { payment } = ledger
      const atMs = payment.status === 'PENDING' ? null : payment.atMs
      update.run(paymentIndex(payment.status), atMs, JSON.stringify(ledger), orderId, createdAtMs)
    },
    settleFirst({ identity, offset, outcome, atMs }, place) {
      const { orderId, createdAtMs } = identity
      return settle.run(paymentIndex(outcome), atMs, orderId, createdAtMs, place, offset).changes === 1
    },
  }
}

function prepareInsert(db: StoreDatabase): StatementSync {
  return db.prepare(`
    INSERT INTO ledger (order_id, identity_ms, at_ms, first_partition, first_offset, first_place, first_status, effect,
      customer_id, amount_minor, currency, country, created_at_ms, payment, settled_at_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
}
