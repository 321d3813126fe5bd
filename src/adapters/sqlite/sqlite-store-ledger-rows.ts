import { orderStatuses, type OrderIdentity } from '../../domain/order.ts'
import type { LedgerPayment, LedgerState, PaymentOutcome } from '../../domain/payment.ts'
import type { Position } from '../../domain/position.ts'
import type { StoredPayment } from '../../ports/order-queries.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { contentOfRow, indexOfStatus } from './sqlite-store-order-rows.ts'
import type { Places } from './sqlite-store-places.ts'
import { intOf, memberOf, restoreJson, textOrNull, type Row } from './sqlite-store-rows.ts'

/** Stored as their index. PENDING and PAID take the same room, so that settling writes over the row where it is. */
const payments = ['PENDING', 'PAID', 'DECLINED', 'SKIPPED', 'HELD'] as const satisfies LedgerPayment['status'][]

export function paymentIndex(payment: PaymentOutcome | 'PENDING'): number {
  return payments.indexOf(payment)
}

export const ledgerColumns =
  'order_id, identity_ms, at_ms, place, first_offset, first_status, customer_id, amount_minor, currency, country, ' +
  'created_at_ms, payment, settled_at_ms, history'

function ledgerOf(row: Row, places: Places): LedgerState {
  const history = textOrNull(row, 'history')
  if (history !== null) return restoreJson<LedgerState>(history)
  const position = places.positionOf(intOf(row, 'place'), intOf(row, 'first_offset'))
  const payment = paymentOf(row, position)
  const effect = payment.status === 'SKIPPED' || payment.status === 'HELD' ? payment.status : 'charge'
  const status = memberOf(orderStatuses, intOf(row, 'first_status'))
  return {
    content: contentOfRow(row),
    entries: [{ position, status, effect, atMs: intOf(row, 'at_ms') }],
    payment,
  }
}

function paymentOf(row: Row, position: Position): LedgerPayment {
  const status = memberOf(payments, intOf(row, 'payment'))
  return status === 'PENDING' ? { status, position } : { status, position, atMs: intOf(row, 'settled_at_ms') }
}

export function storedPaymentOf(row: Row, places: Places): StoredPayment {
  return { orderId: intOf(row, 'order_id'), timestampMs: intOf(row, 'at_ms'), ledger: ledgerOf(row, places) }
}

export type Settled = Readonly<{ identity: OrderIdentity; offset: number; outcome: PaymentOutcome; atMs: number }>
export type LedgerRows = Readonly<{
  /** Leaves an order that is there as it is, and says whether it was not. */
  insert: (identity: OrderIdentity, ledger: LedgerState, place: number) => boolean
  read: (identity: OrderIdentity, places: Places) => LedgerState | undefined
  write: (identity: OrderIdentity, ledger: LedgerState) => void
  /** What a payment is of, which only a repair changes. */
  writeContent: (identity: OrderIdentity, ledger: LedgerState) => void
  /** The common case in one statement: the order's only record holds the reservation. False: nothing was written. */
  settleFirst: (settled: Settled, place: number) => boolean
}>

export function sqliteLedgerRows(db: StoreDatabase): LedgerRows {
  const insert = db.prepare(`
    INSERT INTO ledger (order_id, identity_ms, at_ms, place, first_offset, first_status,
      customer_id, amount_minor, currency, country, created_at_ms, payment, settled_at_ms, history)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?3, ?13) ON CONFLICT DO NOTHING`)
  const key = 'order_id = ? AND identity_ms = ?'
  const select = db.prepare(`SELECT ${ledgerColumns} FROM ledger WHERE ${key}`)
  const update = db.prepare(`UPDATE ledger SET payment = ?, settled_at_ms = ?, history = ? WHERE ${key}`)
  const updateContent = db.prepare(
    `UPDATE ledger SET customer_id = ?, amount_minor = ?, currency = ?, country = ?, created_at_ms = ? WHERE ${key}`,
  )
  const settle = db.prepare(`
    UPDATE ledger SET payment = ?, settled_at_ms = ?
    WHERE ${key} AND payment = 0 AND history IS NULL AND place = ? AND first_offset = ?`)

  return {
    insert({ orderId, createdAtMs }, ledger, place) {
      const { content, entries, payment } = ledger
      const [{ position, status, atMs, operator }] = entries
      const { changes } = insert.run(
        orderId,
        createdAtMs,
        atMs,
        place,
        position.offset,
        indexOfStatus(status),
        content.customerId,
        content.amountMinor,
        content.currency,
        content.country,
        content.createdAtMs,
        paymentIndex(payment.status),
        operator ? JSON.stringify(ledger) : null,
      )
      return changes === 1
    },
    read({ orderId, createdAtMs }, places) {
      const row = select.get(orderId, createdAtMs)
      return row && ledgerOf(row, places)
    },
    write({ orderId, createdAtMs }, ledger) {
      const { payment, entries } = ledger
      const atMs = payment.status === 'PENDING' ? entries[0].atMs : payment.atMs
      update.run(paymentIndex(payment.status), atMs, JSON.stringify(ledger), orderId, createdAtMs)
    },
    writeContent({ orderId, createdAtMs }, { content }) {
      const { customerId, amountMinor, currency, country } = content
      updateContent.run(customerId, amountMinor, currency, country, content.createdAtMs, orderId, createdAtMs)
    },
    settleFirst({ identity, offset, outcome, atMs }, place) {
      const { orderId, createdAtMs } = identity
      return settle.run(paymentIndex(outcome), atMs, orderId, createdAtMs, place, offset).changes === 1
    },
  }
}
