import type { Order, OrderStatus } from './order.ts'
import { samePosition, type Position } from './position.ts'

/** What must never change between two records of one order. */
export type OrderContent = Readonly<
  Pick<Order, 'customerId' | 'country' | 'createdAtMs'> & { currency: string; amountMinor: number }
>

/** A record that made or changed the order. There are at most as many as there are statuses. */
export type OrderEntry = Readonly<{ position: Position; status: OrderStatus }>

export type OrderState = Readonly<{ content: OrderContent; entries: readonly [OrderEntry, ...OrderEntry[]] }>

export type OrderAnswer =
  | Readonly<{ kind: 'first' }>
  | Readonly<{ kind: 'status-change'; from: OrderStatus }>
  | Readonly<{ kind: 'duplicate' }>
  | Readonly<{ kind: 'conflict'; fields: readonly (keyof OrderContent)[] }>

export function contentOf(order: Order): OrderContent {
  const { customerId, country, createdAtMs, amount } = order
  return { customerId, country, createdAtMs, currency: amount.currency, amountMinor: amount.minor }
}

/**
 * What a record means for an order in `state` (undefined: never seen), and the entry to append when it changes something.
 *
 * A record whose position is in the state repeats its recorded answer, so that a batch that comes again after a crash
 * gives the same answers, whatever came in between.
 */
export function judgeOrder(
  state: OrderState | undefined,
  order: Order,
  position: Position,
): Readonly<{ answer: OrderAnswer; append?: OrderEntry }> {
  const entry = { position, status: order.status }
  if (!state) return { answer: { kind: 'first' }, append: entry }
  const recorded = state.entries.findIndex((known) => samePosition(known.position, position))
  if (recorded >= 0) return { answer: answerAt(state, recorded) }
  const fields = differences(state.content, contentOf(order))
  if (fields.length > 0) return { answer: { kind: 'conflict', fields } }
  if (state.entries.some((known) => known.status === order.status)) return { answer: { kind: 'duplicate' } }
  return { answer: { kind: 'status-change', from: currentStatus(state) }, append: entry }
}

export function currentStatus({ entries }: OrderState): OrderStatus {
  return (entries.at(-1) ?? entries[0]).status
}

function answerAt({ entries }: OrderState, index: number): OrderAnswer {
  const before = entries[index - 1]
  return before ? { kind: 'status-change', from: before.status } : { kind: 'first' }
}

const contentFields = ['customerId', 'amountMinor', 'currency', 'country', 'createdAtMs'] as const

function differences(a: OrderContent, b: OrderContent): readonly (keyof OrderContent)[] {
  return contentFields.filter((field) => a[field] !== b[field])
}
