import { Type } from 'typebox'
import { problems, type App } from '../app.ts'
import { readiness, status } from '../contract.ts'
import type { ServerDeps } from '../deps.ts'

/** Asked by load balancers and orchestrators, which call hosts by address and have no token, and by Prometheus. */
export function healthRoutes(app: App, { health, metricsText }: Pick<ServerDeps, 'health' | 'metricsText'>): void {
  const alive = { response: { 200: status, ...problems }, tags: ['health'] }
  const open = { access: 'open', rateLimit: false, isProbe: true } as const

  const healthz = { ...alive, operationId: 'healthz', summary: 'The process lives' }
  app.get('/healthz', { schema: healthz, config: open }, () => ({ status: 'ok' as const }))
  const livez = { ...alive, operationId: 'livez', summary: 'The process lives' }
  app.get('/livez', { schema: livez, config: open }, () => ({ status: 'ok' as const }))

  const readyz = {
    operationId: 'readyz',
    summary: 'Log, store and services answer',
    tags: ['health'],
    response: { 200: readiness, 503: readiness, ...problems },
  }
  app.get('/readyz', { schema: readyz, config: { access: 'open', isProbe: true } }, async ({ caller }, reply) => {
    const checks = await health()
    const isReady = checks.every(({ ok }) => ok)
    return reply.code(isReady ? 200 : 503).send({
      status: isReady ? 'ok' : 'failed',
      checks: checks.map(({ name, ok, detail }) => ({
        name,
        status: ok ? ('ok' as const) : ('failed' as const),
        // May quote what no stranger should read.
        ...(caller.role === undefined ? {} : { detail }),
      })),
    })
  })

  const metrics = {
    operationId: 'metrics',
    summary: 'Prometheus metrics',
    tags: ['health'],
    response: {
      200: { description: 'Text format', content: { 'text/plain': { schema: Type.String() } } },
      ...problems,
    },
  }
  app.get('/metrics', { schema: metrics, config: { access: 'viewer' } }, async (_request, reply) => {
    const text = await metricsText()
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text)
  })
}
