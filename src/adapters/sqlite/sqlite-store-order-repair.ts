import type { OrderAnswer } from '../../domain/order-state.ts'
import { samePosition, type Position } from '../../domain/position.ts'
import { repairOrder } from '../../domain/repair.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import {
  changesOf,
  indexOfStatus,
  orderColumns,
  stateOf,
  type Changes,
  type Recorded,
} from './sqlite-store-order-rows.ts'
import type { Places } from './sqlite-store-places.ts'
import { intOf, textOf, type Row } from './sqlite-store-rows.ts'

/** Only within a write, for an order that is there: the row becomes what the record says of it. */
export function sqliteOrderRepair(db: StoreDatabase) {
  const select = db.prepare(`SELECT ${orderColumns} FROM orders WHERE order_id = ? AND identity_ms = ?`)
  const update = db.prepare(`
    UPDATE orders SET ${repaired.map((column) => `${column} = ?`).join(', ')} WHERE order_id = ? AND identity_ms = ?`)

  return (fact: Recorded, position: Position, places: Places): OrderAnswer => {
    const key = [fact.identity.orderId, fact.identity.createdAtMs] as const
    const row = select.get(...key) ?? {}
    const state = stateOf(row, places)
    const { answer, next = state } = repairOrder(state, fact.order, position)
    const values = valuesOf({ row, state: next, fact, position, places })
    if (repaired.some((column, index) => row[column] !== values[index])) update.run(...values, ...key)
    return answer
  }
}

const repaired = [
  'timestamp_ms',
  'place',
  'first_offset',
  'status',
  'customer_id',
  'amount_minor',
  'currency',
  'country',
  'created_at_ms',
  'changes',
  'json',
] as const

type Repair = Readonly<{
  row: Row
  state: ReturnType<typeof stateOf>
  fact: Recorded
  position: Position
  places: Places
}>

/** Log times and the text are known of the record at hand alone: what others brought stays as it is. */
function valuesOf({ row, state: { content, entries }, fact, position, places }: Repair) {
  const [first] = entries
  const newest = entries.at(-1) ?? first
  const isFirst = samePosition(first.position, position)
  const isNewest = samePosition(newest.position, position)
  const timestampMs = isNewest ? fact.timestampMs : changesOf(row, places).timestampMs
  const changes: Changes = { entries, timestampMs }
  return [
    isFirst ? fact.timestampMs : intOf(row, 'timestamp_ms'),
    isFirst ? places.placeOf(position) : intOf(row, 'place'),
    isFirst ? position.offset : intOf(row, 'first_offset'),
    indexOfStatus(newest.status),
    content.customerId,
    content.amountMinor,
    content.currency,
    content.country,
    content.createdAtMs,
    entries.length === 1 ? null : JSON.stringify(changes),
    isNewest ? fact.json : textOf(row, 'json'),
  ]
}
