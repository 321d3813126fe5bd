import { encodeSnapshot } from '../codec/analytics-codec.ts'
import { orderGroups } from '../codec/groups.ts'
import { decodeOrder, type DecodedOrder } from '../codec/order-codec.ts'
import { identityOf, type OrderIdReuse } from '../domain/order.ts'
import type { OrderAnswer } from '../domain/order-state.ts'
import type { Item, Service } from '../pipeline/service.ts'
import type { OrderBook, OrderFact } from '../ports/order-book.ts'
import { conflictError, orderInput, unreadable } from './order-input.ts'

export type AnalyticsServiceDeps = Readonly<{
  topic: string
  book: OrderBook
  reuse: OrderIdReuse
  baseCurrency: string
}>

/** Reads orders; keeps order states, documents and totals in the store; one snapshot a batch to `order-analytics`. */
export function analyticsService(
  deps: AnalyticsServiceDeps,
): Service<DecodedOrder, OrderFact, OrderAnswer | undefined> {
  const { topic, book, reuse, baseCurrency } = deps
  const group = orderGroups.analytics
  return {
    name: 'analytics',
    group,
    ...orderInput(topic, group),
    decode: decodeOrder,
    decide: (items) => items.map((item) => factOf(item, reuse)),
    effects: { kind: 'store', shards: book, apply: (...args) => book.applyOrders(args[0], args[1], args[2]) },
    emit: () => [],
    refusal: (item, answer) =>
      item.kind === 'value' && answer?.kind === 'conflict' ? conflictError(item.value.order.id, answer) : undefined,
    summarise: async (position) => encodeSnapshot(group, await book.totals(), baseCurrency, position),
  }
}

function factOf(item: Item<DecodedOrder>, reuse: OrderIdReuse): OrderFact {
  if (item.kind !== 'value') return unreadable(item)
  const { order, json } = item.value
  const { offset, timestampMs } = item.record
  return { kind: 'order', offset, identity: identityOf(order, reuse), order, timestampMs, json }
}
