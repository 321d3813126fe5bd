import { deadLetterTopic, retryTopic } from '../codec/dead-letter-codec.ts'
import type { UnreadableFact } from '../ports/order-book.ts'
import type { OrderAnswer } from '../domain/order-state.ts'
import { OrdermillError } from '../errors.ts'
import type { Item } from '../pipeline/service.ts'

/** What a service that reads orders subscribes to, and where it sends what it refuses. */
export function orderInput(topic: string, group: string) {
  return {
    topics: [topic, retryTopic(topic, group)],
    deadLetterTopic: () => deadLetterTopic(topic, group),
  }
}

export function unreadable({ kind, record }: Exclude<Item<unknown>, { kind: 'value' }>): UnreadableFact {
  return { kind, offset: record.offset }
}

export function conflictError(orderId: number, { fields }: Extract<OrderAnswer, { kind: 'conflict' }>): OrdermillError {
  const names = fields.map((field) => nameOf[field])
  const issues = names.map((name) => ({ pointer: `/${name}`, message: 'differs from the first record' }))
  return new OrdermillError(
    'ORDER_ID_CONFLICT',
    `order ${orderId} is known with another ${names.join(', ')}: give the order an id of its own, ` +
      'or set ORDERMILL_ORDER_ID_REUSE=replace if its producer counts from 1 again at every start',
    { issues },
  )
}

/** As senders know them. */
const nameOf = {
  customerId: 'customer_id',
  amountMinor: 'amount',
  currency: 'currency',
  country: 'country',
  createdAtMs: 'created_at',
} as const
