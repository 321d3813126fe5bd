import type { CountryCode } from './country.ts'
import type { Money } from './money.ts'

/** 1 to 2^53 - 1. */
export type OrderId = number

export const orderStatuses = ['CREATED', 'CONFIRMED', 'CANCELLED'] as const
export type OrderStatus = (typeof orderStatuses)[number]

/** What an order says, apart from where it was read and from the extra fields that only its document keeps. */
export type Order = Readonly<{
  id: OrderId
  customerId: number
  amount: Money
  country: CountryCode
  status: OrderStatus
  /** Event time: whole milliseconds since the Unix epoch. */
  createdAtMs: number
}>

/**
 * Whether a second order with a known `order_id` and another `created_at` is refused as a conflict, or is an order of its
 * own: for producers that count from 1 again at every start.
 */
export type OrderIdReuse = 'refuse' | 'replace'

/** Two records with the same identity speak of the same order. `createdAtMs` is 0 where it takes no part. */
export type OrderIdentity = Readonly<{ orderId: OrderId; createdAtMs: number }>

export function identityOf(order: Pick<Order, 'id' | 'createdAtMs'>, reuse: OrderIdReuse): OrderIdentity {
  return { orderId: order.id, createdAtMs: reuse === 'replace' ? order.createdAtMs : 0 }
}

/** Text form of an identity: document key, ledger key and the gateway's idempotency key. */
export function identityText({ orderId, createdAtMs }: OrderIdentity): string {
  return createdAtMs === 0 ? String(orderId) : `${orderId}@${createdAtMs}`
}
