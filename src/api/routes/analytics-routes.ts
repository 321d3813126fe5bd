import { problems, type App } from '../app.ts'
import { analytics } from '../contract.ts'
import type { ServerDeps } from '../deps.ts'
import { sendProblem, toOrdermillError } from '../problem.ts'
import { documentOf } from '../views.ts'

const newestMax = 10

/** The wire contract's route: each element is a row of `SELECT *`, an object with one member named after the bucket. */
export function analyticsRoutes(app: App, { store, settings }: Pick<ServerDeps, 'store' | 'settings'>): void {
  const schema = {
    operationId: 'getAnalytics',
    summary: 'The ten newest orders, newest first',
    tags: ['contract'],
    response: { 200: analytics, ...problems },
  }
  app.get('/api/analytics', { schema, config: { access: 'open' } }, async (request, reply) => {
    try {
      const { items } = await store.searchOrders({ sort: 'newest', limit: newestMax })
      return { status: 'ok' as const, orders: items.map((stored) => ({ [settings.bucket]: documentOf(stored) })) }
    } catch (error) {
      const { message } = toOrdermillError(error, request)
      return sendProblem(error, request, reply, { error: message })
    }
  })
}
