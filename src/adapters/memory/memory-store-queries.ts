import { currentStatus } from '../../domain/order-state.ts'
import { dayMs, windowStart } from '../../domain/window.ts'
import type { DeadLetterQuery, OrderQueries, OrderQuery } from '../../ports/order-queries.ts'
import type { RowKey } from '../store/cursor.ts'
import { checkOrderQuery } from '../store/order-query.ts'
import { pageOf, type Walk } from './memory-store-page.ts'
import { memoryStory, storedAlert, storedDeadLetter, storedOrder, storedPayment } from './memory-store-story.ts'
import type {
  MemoryAlert,
  MemoryDeadLetter,
  MemoryOrder,
  MemoryPayment,
  MemoryStoreState,
} from './memory-store-state.ts'

type Queries = Omit<OrderQueries, 'totals' | 'payments' | 'viewCounts' | 'shards'>

export function memoryQueries(state: MemoryStoreState): Queries {
  return {
    ...memoryStory(state),
    ...memoryPages(state),

    findDeadLetter(id) {
      const known = state.deadLetters.get(id)
      return Promise.resolve(known && storedDeadLetter(state, known))
    },

    series({ fromMs, toMs }) {
      const points = [...state.series.values()].filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
      const byMinute = (a: (typeof points)[number], b: (typeof points)[number]) =>
        a.startMs - b.startMs || (a.currency < b.currency ? -1 : 1)
      return Promise.resolve(points.toSorted(byMinute))
    },

    nextSeriesDay(fromMs) {
      const minutes = [...state.series.values()].map(({ startMs }) => startMs).filter((startMs) => startMs >= fromMs)
      const first = minutes.reduce((least, startMs) => Math.min(least, startMs), Infinity)
      return Promise.resolve(first === Infinity ? undefined : windowStart(first, dayMs))
    },

    version() {
      return Promise.resolve(String(state.counters.version))
    },
  }
}

type Pages = Pick<Queries, 'searchOrders' | 'searchPayments' | 'searchAlerts' | 'searchDeadLetters'>

/** Functions are async so that a refused cursor is a rejection. */
function memoryPages(state: MemoryStoreState): Pages {
  return {
    async searchOrders(query) {
      checkOrderQuery(query)
      const page = await Promise.resolve(pageOf(query, orderWalk(state, query)))
      return { ...page, items: page.items.flatMap(storedOrder) }
    },

    async searchPayments(query) {
      const page = await Promise.resolve(
        pageOf(query, {
          name: 'payments',
          rows: state.ledger.values(),
          keyOf: paymentKey,
          example: [0, 0, 0, 0, 0],
          descending: true,
          matches: ({ ledger }) => query.outcome === undefined || ledger.payment.status === query.outcome,
        }),
      )
      return { ...page, items: page.items.map(storedPayment) }
    },

    async searchAlerts(query) {
      const keyOf = ({ timestampMs, alert, identity }: MemoryAlert): RowKey => [
        timestampMs,
        alert.orderId,
        identity.createdAtMs,
        alert.reason,
      ]
      const walk = { name: 'alerts', rows: state.alerts.values(), keyOf, example: [0, 0, 0, ''], descending: true }
      const page = await Promise.resolve(pageOf(query, { ...walk, matches: () => true }))
      return { ...page, items: page.items.map(storedAlert) }
    },

    async searchDeadLetters(query) {
      const page = await Promise.resolve(
        pageOf(query, {
          name: 'dead-letters',
          rows: state.deadLetters.values(),
          keyOf: ({ timestampMs, letter, id }): RowKey => [timestampMs, letter.partition, letter.offset, id],
          example: [0, 0, 0, ''],
          descending: query.sort !== 'oldest',
          matches: (letter) => matchesLetter(state, letter, query),
        }),
      )
      return { ...page, items: page.items.map((letter) => storedDeadLetter(state, letter)) }
    },
  }
}

function orderWalk({ orders }: MemoryStoreState, query: OrderQuery): Walk<MemoryOrder> {
  const matches = (order: MemoryOrder) => matchesOrder(order, query)
  const walk = { name: 'orders', rows: orders.values(), matches }
  switch (query.sort) {
    case 'newest':
    case 'oldest':
      return { ...walk, keyOf: newestKey, example: [0, 0, 0, 0, 0], descending: query.sort === 'newest' }
    case 'amount_desc':
    case 'amount_asc':
      return { ...walk, keyOf: amountKey, example: [0, 0, 0], descending: query.sort === 'amount_desc' }
    case 'order_id_desc':
    case 'order_id_asc':
      return { ...walk, keyOf: idKey, example: [0, 0], descending: query.sort === 'order_id_desc' }
    default:
      return query.sort satisfies never
  }
}

function idKey({ identity: { orderId, createdAtMs } }: MemoryOrder | MemoryPayment): RowKey {
  return [orderId, createdAtMs]
}

function amountKey(order: MemoryOrder): RowKey {
  return [order.state.content.amountMinor, ...idKey(order)]
}

function newestKey(order: MemoryOrder): RowKey {
  const { partition, offset } = order.state.entries[0].position
  return [order.timestampMs, partition, offset, ...idKey(order)]
}

function paymentKey(payment: MemoryPayment): RowKey {
  const [{ atMs, position }] = payment.ledger.entries
  return [atMs, position.partition, position.offset, ...idKey(payment)]
}

function matchesLetter({ redrives }: MemoryStoreState, letter: MemoryDeadLetter, query: DeadLetterQuery): boolean {
  const state = redrives.has(letter.id) ? 'redriven' : 'open'
  return (
    (query.group ?? letter.group) === letter.group &&
    (query.code ?? letter.code) === letter.code &&
    (query.orderId ?? letter.orderId) === letter.orderId &&
    (query.state ?? state) === state &&
    letter.timestampMs >= (query.fromMs ?? -Infinity) &&
    letter.timestampMs < (query.toMs ?? Infinity)
  )
}

function matchesOrder({ state }: MemoryOrder, query: OrderQuery): boolean {
  const { content } = state
  return (
    (query.country ?? content.country) === content.country &&
    (query.status ?? currentStatus(state)) === currentStatus(state) &&
    (query.currency ?? content.currency) === content.currency &&
    (query.customerId ?? content.customerId) === content.customerId &&
    content.amountMinor >= (query.amountMinorMin ?? -Infinity) &&
    content.amountMinor <= (query.amountMinorMax ?? Infinity) &&
    content.createdAtMs >= (query.createdFromMs ?? -Infinity) &&
    content.createdAtMs < (query.createdToMs ?? Infinity)
  )
}
