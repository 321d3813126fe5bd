import { randomUUID } from 'node:crypto'
import { decimalOf } from '../../src/domain/money.ts'
import { identityOf, type Order } from '../../src/domain/order.ts'
import type { OperatorDecision, PaymentDecision } from '../../src/domain/payment.ts'
import type { OrderFact } from '../../src/ports/order-book.ts'
import type { PaymentFact } from '../../src/ports/payment-ledger.ts'
import type { Progress, ShardKey } from '../../src/ports/shards.ts'

export type RecordedOrder = Extract<OrderFact, { kind: 'order' }>
export type PaymentRecord = Extract<PaymentFact, { kind: 'payment' }>

/** 2026-01-02T03:04:05.678Z */
export const noonMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

export function shardKey(over: Partial<ShardKey> = {}): ShardKey {
  return { group: 'analytics-group', topic: 'orders', topicId: 'topic-1', partition: 0, ...over }
}

export function anOrder(id: number, over: Partial<Order> = {}): Order {
  const amount = { currency: 'USD', minor: 1000 + id }
  return { id, customerId: 1000, amount, country: 'US', status: 'CREATED', createdAtMs: noonMs, ...over }
}

/** The order as its producer writes it, with `extra` members. */
export function orderJson(order: Order, extra: string = ''): string {
  const { id, customerId, amount, country, status, createdAtMs } = order
  return (
    `{"order_id":${id},"customer_id":${customerId},"amount":${decimalOf(amount)},"currency":"${amount.currency}",` +
    `"country":"${country}","status":"${status}","created_at":"${new Date(createdAtMs).toISOString()}"${extra}}`
  )
}

export function orderFact(order: Order, offset: number, over: Partial<RecordedOrder> = {}): RecordedOrder {
  const identity = identityOf(order, 'refuse')
  return { kind: 'order', offset, identity, order, timestampMs: noonMs + offset, json: orderJson(order), ...over }
}

export type PaymentFactOptions = Readonly<{ shard?: ShardKey; decision?: PaymentDecision; flagged?: boolean }>

export function paymentFact(order: Order, offset: number, options: PaymentFactOptions = {}): PaymentRecord {
  const { shard = paymentShard(), decision = 'charge', flagged = false } = options
  const position = { topicId: shard.topicId, partition: shard.partition, offset }
  const intent = { order, decision, position, atMs: noonMs + offset }
  return { kind: 'payment', offset, identity: identityOf(order, 'refuse'), intent, flagged }
}

export function paymentShard(over: Partial<ShardKey> = {}): ShardKey {
  return shardKey({ group: 'payments-group', ...over })
}

export function viewShard(over: Partial<ShardKey> = {}): ShardKey {
  return shardKey({ group: 'views-group', topic: 'fraud-alerts', topicId: 'alerts-1', ...over })
}

/** An operator's command about the order's payment, on the payments group's retry topic. */
export function commandFact(order: Order, offset: number, decision: OperatorDecision): PaymentRecord {
  const fact = paymentFact(order, offset, { shard: retryShard() })
  const wanted = decision === 'reject' ? 'rejected' : 'charge'
  return { ...fact, intent: { ...fact.intent, decision: wanted, operator: { decision, by: 'loopback' } } }
}

export function retryShard(): ShardKey {
  return paymentShard({ topic: 'orders.payments-group.retry', topicId: 'retry-1' })
}

/** The progress of a batch that starts at `from` and ends before `next`. */
export function progressTo(next: number, from = 0): Progress {
  return { from, next, batchId: randomUUID() }
}
