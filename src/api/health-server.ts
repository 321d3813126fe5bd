import type { App } from './app.ts'
import type { ServerDeps } from './deps.ts'
import { healthRoutes } from './routes/health-routes.ts'
import { newGuardedApp } from './server.ts'

/** The routes that say how a service is, for one that serves nothing else; not listening yet. */
export async function buildHealthServer(
  deps: Pick<ServerDeps, 'settings' | 'logger' | 'health' | 'metricsText'>,
): Promise<App> {
  const { app } = await newGuardedApp(deps)
  healthRoutes(app, deps)
  await app.ready()
  return app
}
