import { type OrderStatus } from '../../domain/order.ts'
import type { OrderQueries, OrderQuery, StoredOrder } from '../../ports/order-queries.ts'
import { checkOrderQuery } from '../store/order-query.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { indexOfStatus, orderColumns, storedOrderOf } from './sqlite-store-order-rows.ts'
import { eraPageOf } from './sqlite-store-era-page.ts'
import { sqlitePlaces, type Places } from './sqlite-store-places.ts'
import type { Row } from './sqlite-store-rows.ts'
import { pageOf, when, type Walk } from './sqlite-store-page.ts'

/** Each sort walks its own index; what that index can't seek is tested on each row looked at. */
export function sqliteSearch(db: StoreDatabase): Pick<OrderQueries, 'searchOrders'> {
  const placesNow = sqlitePlaces(db)
  return {
    searchOrders: (query) =>
      db.read(() => {
        checkOrderQuery(query)
        const walk = walkOf(query, placesNow())
        return walk.byEra ? eraPageOf(db, query, walk) : pageOf(db, query, walk)
      }),
  }
}

function walkOf(query: OrderQuery, places: Places): Walk<StoredOrder> & Readonly<{ byEra: boolean }> {
  const itemOf = (row: Row) => storedOrderOf(row, places)
  const common = { name: 'orders', table: 'orders', columns: orderColumns, itemOf }
  const { customer, currency, amount, others } = conditionsOf(query)
  switch (query.sort) {
    case 'newest':
    case 'oldest':
      return {
        ...common,
        key: ['timestamp_ms', 'place', 'first_offset', 'order_id', 'identity_ms'],
        example: [0, 0, 0, 0, 0],
        descending: query.sort === 'newest',
        seek: customer,
        byEra: customer.length > 0,
        filter: [...currency, ...amount, ...others],
      }
    case 'amount_desc':
    case 'amount_asc':
      return {
        ...common,
        key: ['amount_minor', 'order_id', 'identity_ms'],
        example: [0, 0, 0],
        descending: query.sort === 'amount_desc',
        seek: [...currency, ...amount],
        byEra: true,
        filter: [...customer, ...others],
      }
    case 'order_id_desc':
    case 'order_id_asc':
      return {
        ...common,
        key: ['order_id', 'identity_ms'],
        example: [0, 0],
        descending: query.sort === 'order_id_desc',
        seek: [],
        byEra: false,
        filter: [...customer, ...currency, ...amount, ...others],
      }
    default:
      return query.sort satisfies never
  }
}

function conditionsOf(query: OrderQuery) {
  return {
    customer: when('customer_id = ?', query.customerId),
    currency: when('currency = ?', query.currency),
    amount: [...when('amount_minor >= ?', query.amountMinorMin), ...when('amount_minor <= ?', query.amountMinorMax)],
    others: [
      ...when('country = ?', query.country),
      ...when('status = ?', statusOf(query.status)),
      ...when('created_at_ms >= ?', query.createdFromMs),
      ...when('created_at_ms < ?', query.createdToMs),
    ],
  }
}

function statusOf(status: OrderStatus | undefined): number | undefined {
  return status === undefined ? undefined : indexOfStatus(status)
}
