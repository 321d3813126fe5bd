import type { PaymentOutcome } from '../../domain/payment.ts'
import type { OrderQueries, OrderQuery, PageQuery, StoredOrder, StoredPayment } from '../../ports/order-queries.ts'
import type { RowKey } from '../store/cursor.ts'
import { checkOrderQuery } from '../store/order-query.ts'
import type { CouchbaseArrivals, ListPage } from './couchbase-arrivals.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { findPayment } from './couchbase-payment-documents.ts'
import type { OrderStates } from './couchbase-order-states.ts'
import { orderWalk, paymentWalk, type PageOf } from './couchbase-walks.ts'
import { findAlert } from './couchbase-views.ts'
import { fraudReason } from '../../domain/fraud.ts'

type Search = Pick<OrderQueries, 'searchOrders' | 'searchPayments' | 'searchAlerts'>

type SearchDeps = Readonly<{
  keyspaces: Pick<Keyspaces, 'payments'>
  states: OrderStates
  arrivals: CouchbaseArrivals
  pageOf: PageOf
}>

/** What has no condition and is sorted by its arrival is read by key; all else asks the query service for keys. */
export function couchbaseSearch({ keyspaces, states, arrivals, pageOf }: SearchDeps): Search {
  const loadOrder = async (key: RowKey): Promise<StoredOrder | undefined> => {
    const document = await states.find(identityAt(key))
    return document && states.stored(document)
  }
  const loadPayment = (key: RowKey): Promise<StoredPayment | undefined> => findPayment(keyspaces, identityAt(key))
  const arrivedOrders: ListPage<StoredOrder> = { list: 'orders', example: byIdentity, load: loadOrder }

  return {
    async searchOrders(query) {
      checkOrderQuery(query)
      const { sort } = query
      const isByArrival = sort === 'newest' || sort === 'oldest'
      if (isByArrival && isUnconditional(query)) return arrivals.page(query, { ...arrivedOrders, sort })
      return pageOf(query, orderWalk(query), loadOrder)
    },

    async searchPayments(query: PageQuery & Readonly<{ outcome?: PaymentOutcome | 'PENDING' }>) {
      if (query.outcome !== undefined) return pageOf(query, paymentWalk(query.outcome), loadPayment)
      return arrivals.page(query, { list: 'payments', example: byIdentity, load: loadPayment })
    },

    searchAlerts: (query) =>
      arrivals.page(query, {
        list: 'alerts',
        example: [...byIdentity, ''],
        load: (key, generation) => findAlert(generation, identityAt(key), fraudReason),
      }),
  }
}

/** Time, partition, offset, order id, identity. */
const byIdentity: RowKey = [0, 0, 0, 0, 0]

/** Of a key that holds it behind the place, or alone at its end. */
function identityAt(key: RowKey) {
  const numbers = key.filter((part) => typeof part === 'number')
  const [orderId = 0, createdAtMs = 0] = numbers.slice(-2)
  return { orderId, createdAtMs }
}

function isUnconditional({ limit: _limit, cursor: _cursor, sort: _sort, ...conditions }: OrderQuery): boolean {
  return Object.values(conditions).every((condition) => condition === undefined)
}
