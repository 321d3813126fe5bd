import type { StatementSync } from 'node:sqlite'
import { orderDocument } from '../../domain/order-document.ts'
import { orderStatuses, type OrderIdentity } from '../../domain/order.ts'
import type { OrderEntry, OrderState } from '../../domain/order-state.ts'
import type { StoredOrder } from '../../ports/order-queries.ts'
import type { OrderFact } from '../../ports/order-book.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import type { Places } from './sqlite-store-places.ts'
import { intOf, memberOf, restoreJson, textOf, textOrNull, type Row } from './sqlite-store-rows.ts'

export type Recorded = Extract<OrderFact, { kind: 'order' }>

export const orderStateColumns =
  'first_place, first_offset, first_status, customer_id, amount_minor, currency, country, created_at_ms, entries'

export function stateOf(row: Row, places: Places): OrderState {
  const entries = textOrNull(row, 'entries')
  const first = {
    position: places.positionOf(intOf(row, 'first_place'), intOf(row, 'first_offset')),
    status: memberOf(orderStatuses, intOf(row, 'first_status')),
  }
  return {
    content: {
      customerId: intOf(row, 'customer_id'),
      amountMinor: intOf(row, 'amount_minor'),
      currency: textOf(row, 'currency'),
      country: textOf(row, 'country'),
      createdAtMs: intOf(row, 'created_at_ms'),
    },
    entries: entries === null ? [first] : restoreJson<OrderState['entries']>(entries),
  }
}

export function storedOrderOf(row: Row): StoredOrder {
  return {
    orderId: intOf(row, 'order_id'),
    document: textOf(row, 'document'),
    status: memberOf(orderStatuses, intOf(row, 'status')),
    timestampMs: intOf(row, 'timestamp_ms'),
  }
}

export type OrderRows = Readonly<{
  /** Leaves an order that is there as it is, and says whether it was not. */
  insert: (fact: Recorded, partition: number, place: number) => boolean
  read: (identity: OrderIdentity, places: Places) => OrderState | undefined
  append: (fact: Recorded, state: OrderState, entry: OrderEntry) => void
}>

const statusIndex = new Map(orderStatuses.map((status, index) => [status, index]))

export function indexOfStatus(status: (typeof orderStatuses)[number]): number {
  return statusIndex.get(status) ?? 0
}

export function sqliteOrderRows(db: StoreDatabase): OrderRows {
  const insert = prepareInsert(db)
  const select = db.prepare(`SELECT ${orderStateColumns} FROM orders WHERE order_id = ? AND identity_ms = ?`)
  const update = db.prepare(
    'UPDATE orders SET status = ?, entries = ?, document = ? WHERE order_id = ? AND identity_ms = ?',
  )

  return {
    insert({ identity, order, offset, timestampMs, json }, partition, place) {
      const { customerId, amount, country, createdAtMs } = order
      const status = indexOfStatus(order.status)
      const document = orderDocument(json, { timestampMs, partition, offset })
      const { changes } = insert.run(
        identity.orderId,
        identity.createdAtMs,
        timestampMs,
        partition,
        offset,
        place,
        status,
        status,
        customerId,
        amount.minor,
        amount.currency,
        country,
        createdAtMs,
        document,
      )
      return changes === 1
    },
    read({ orderId, createdAtMs }, places) {
      const row = select.get(orderId, createdAtMs)
      return row && stateOf(row, places)
    },
    append({ identity, json, timestampMs }, { entries }, entry) {
      const document = orderDocument(json, { timestampMs, ...entry.position })
      const all = JSON.stringify([...entries, entry])
      update.run(indexOfStatus(entry.status), all, document, identity.orderId, identity.createdAtMs)
    },
  }
}

function prepareInsert(db: StoreDatabase): StatementSync {
  return db.prepare(`
    INSERT INTO orders (order_id, identity_ms, timestamp_ms, first_partition, first_offset, first_place, first_status,
      status, customer_id, amount_minor, currency, country, created_at_ms, document)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
}
