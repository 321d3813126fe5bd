import { orderDocument } from '../../domain/order-document.ts'
import { orderStatuses, type OrderIdentity, type OrderStatus } from '../../domain/order.ts'
import type { OrderContent, OrderEntry, OrderState } from '../../domain/order-state.ts'
import type { OrderFact } from '../../ports/order-book.ts'
import type { StoredOrder } from '../../ports/order-queries.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import type { Places } from './sqlite-store-places.ts'
import { intOf, memberOf, restoreJson, textOf, textOrNull, type Row } from './sqlite-store-rows.ts'

export type Recorded = Extract<OrderFact, { kind: 'order' }>

/** The column `changes`: with the log time of the newest entry, which the document shows. */
export type Changes = Readonly<{ entries: OrderState['entries']; timestampMs: number }>

export const orderColumns =
  'order_id, identity_ms, timestamp_ms, place, first_offset, status, customer_id, amount_minor, currency, country, ' +
  'created_at_ms, changes, json'

export function stateOf(row: Row, places: Places): OrderState {
  return {
    content: contentOfRow(row),
    entries: changesOf(row, places).entries,
  }
}

/** Of the columns that orders and the ledger both have. */
export function contentOfRow(row: Row): OrderContent {
  return {
    customerId: intOf(row, 'customer_id'),
    amountMinor: intOf(row, 'amount_minor'),
    currency: textOf(row, 'currency'),
    country: textOf(row, 'country'),
    createdAtMs: intOf(row, 'created_at_ms'),
  }
}

/** The document is put together here, so that the text is stored as it came. */
export function storedOrderOf(row: Row, places: Places): StoredOrder {
  const { entries, timestampMs } = changesOf(row, places)
  const { position } = entries.at(-1) ?? entries[0]
  return {
    orderId: intOf(row, 'order_id'),
    document: orderDocument(textOf(row, 'json'), { ...position, timestampMs }),
    status: memberOf(orderStatuses, intOf(row, 'status')),
    timestampMs: intOf(row, 'timestamp_ms'),
  }
}

export function changesOf(row: Row, places: Places): Changes {
  const changes = textOrNull(row, 'changes')
  if (changes !== null) return restoreJson<Changes>(changes)
  const position = places.positionOf(intOf(row, 'place'), intOf(row, 'first_offset'))
  const status = memberOf(orderStatuses, intOf(row, 'status'))
  return { entries: [{ position, status }], timestampMs: intOf(row, 'timestamp_ms') }
}

export type InsertAt = Readonly<{ place: number; era: number }>
export type OrderRows = Readonly<{
  /** Leaves an order that is there as it is, and says whether it was not. */
  insert: (fact: Recorded, at: InsertAt) => boolean
  read: (identity: OrderIdentity, places: Places) => OrderState | undefined
  append: (fact: Recorded, state: OrderState, entry: OrderEntry) => void
}>

export function indexOfStatus(status: OrderStatus): number {
  return orderStatuses.indexOf(status)
}

export function sqliteOrderRows(db: StoreDatabase): OrderRows {
  const insert = db.prepare(`
    INSERT INTO orders (order_id, identity_ms, timestamp_ms, place, first_offset, status,
      customer_id, amount_minor, currency, country, created_at_ms, era, json)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const select = db.prepare(`SELECT ${orderColumns} FROM orders WHERE order_id = ? AND identity_ms = ?`)
  const update = db.prepare(
    'UPDATE orders SET status = ?, changes = ?, json = ? WHERE order_id = ? AND identity_ms = ?',
  )

  return {
    insert({ identity, order, offset, timestampMs, json }, { place, era }) {
      const { customerId, amount, country, createdAtMs } = order
      const { changes } = insert.run(
        identity.orderId,
        identity.createdAtMs,
        timestampMs,
        place,
        offset,
        indexOfStatus(order.status),
        customerId,
        amount.minor,
        amount.currency,
        country,
        createdAtMs,
        era,
        json,
      )
      return changes === 1
    },
    read({ orderId, createdAtMs }, places) {
      const row = select.get(orderId, createdAtMs)
      return row && stateOf(row, places)
    },
    append({ identity, json, timestampMs }, { entries }, entry) {
      const changes: Changes = { entries: [...entries, entry], timestampMs }
      update.run(indexOfStatus(entry.status), JSON.stringify(changes), json, identity.orderId, identity.createdAtMs)
    },
  }
}
