import { OrdermillError } from '../../errors.ts'
import type { OrderStory as Story } from '../../ports/order-queries.ts'
import { problems, type App } from '../app.ts'
import { orderDetail, orderPage, orderParams, ordersQuery, type OrderDetail } from '../contract.ts'
import type { ServerDeps } from '../deps.ts'
import { orderQueryOf } from '../query.ts'
import { orderItems, storyView } from '../views.ts'

export function orderRoutes(app: App, { store, settings }: Pick<ServerDeps, 'store' | 'settings'>): void {
  const search = {
    operationId: 'searchOrders',
    summary: 'Orders by country, status, currency, amount, customer and time',
    tags: ['orders'],
    querystring: ordersQuery,
    response: { 200: orderPage, ...problems },
  }
  app.get('/api/v1/orders', { schema: search, config: { access: 'viewer' } }, async ({ query }) => {
    const { items, nextCursor } = await store.searchOrders(orderQueryOf(query, settings.baseCurrency))
    return { items: orderItems(items), next_cursor: nextCursor }
  })

  const find = {
    operationId: 'getOrder',
    summary: 'One order with everything that happened to it',
    tags: ['orders'],
    params: orderParams,
    response: { 200: orderDetail, ...problems },
  }
  app.get('/api/v1/orders/:order_id', { schema: find, config: { access: 'viewer' } }, async ({ params }) =>
    detailOf(params.order_id, await store.findOrder(params.order_id), settings.redrivesMax),
  )
}

/** @throws {OrdermillError} NOT_FOUND */
function detailOf(orderId: number, stories: readonly Story[], redrivesMax: number): OrderDetail {
  const [newest, ...others] = stories
    .toSorted((a, b) => firstSeenMs(b) - firstSeenMs(a))
    .map((story) => storyView(story, redrivesMax))
  if (newest) return { order_id: orderId, ...newest, other_identities: others }
  throw new OrdermillError('NOT_FOUND', `order ${orderId} is not known here: it may not be read yet, or never came`)
}

function firstSeenMs({ order, payment }: Story): number {
  return order?.timestampMs ?? payment?.timestampMs ?? 0
}
