import { problems, type App } from '../app.ts'
import { alertPage, pageQuery, paymentPage, paymentsQuery } from '../contract.ts'
import type { ServerDeps } from '../deps.ts'
import { pageOf } from '../query.ts'
import { alertView, pageView, paymentView } from '../views.ts'

/** Fraud alerts and payments, newest first. */
export function listRoutes(app: App, { store }: Pick<ServerDeps, 'store'>): void {
  const alerts = {
    operationId: 'listAlerts',
    summary: 'Fraud alerts, newest first',
    tags: ['fraud'],
    querystring: pageQuery,
    response: { 200: alertPage, ...problems },
  }
  app.get('/api/v1/alerts', { schema: alerts, config: { access: 'viewer' } }, async ({ query }) =>
    pageView(await store.searchAlerts(pageOf(query)), alertView),
  )

  const payments = {
    operationId: 'listPayments',
    summary: 'Payments, newest first',
    tags: ['payments'],
    querystring: paymentsQuery,
    response: { 200: paymentPage, ...problems },
  }
  app.get('/api/v1/payments', { schema: payments, config: { access: 'viewer' } }, async ({ query }) => {
    const { outcome } = query
    return pageView(await store.searchPayments({ ...pageOf(query), ...(outcome && { outcome }) }), paymentView)
  })
}
