import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setTimeout } from 'node:timers/promises'
import { systemRuntime } from '../adapters/in-process/runtime.ts'
import type { HealthCheck, ServerDeps } from '../api/deps.ts'
import { buildServer } from '../api/server.ts'
import type { Config } from '../config.ts'
import type { ServiceState } from '../engine/supervise.ts'
import { openLagWatch } from '../operations/lag-watch.ts'
import { operationsLog } from '../operations/operations-log.ts'
import { newReconciler } from '../operations/reconciler.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { apiSettings, systemInfo } from './api-parts.ts'
import { publishMetrics, systemMetrics } from './cloudwatch.ts'
import { answered, logHealth, servicesHealth, storeHealth } from './health.ts'
import { gatewayName } from './gateway.ts'
import { lagSamples } from './lag-samples.ts'
import { promptLog } from './prompt-log.ts'
import { listen } from './listen.ts'
import { watchReconciliation } from './reconciliation-watch.ts'

const pageDir = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))

export type ServedApi = Readonly<{
  url: string
  /** Whether the built page was found. */
  hasPage: boolean
  /** Takes no more requests, and resolves when those under way are answered. */
  close: () => Promise<void>
}>

/** What the API and the page stand on; `services` are those of this process. */
export type ApiParts = Pick<ServerDeps, 'log' | 'store'> &
  Readonly<{
    config: Config
    version: string
    logger: Logger
    services: () => Promise<readonly ServiceState[]>
    /** Of the services of this process, beside the API's own. */
    metricsText: () => Promise<string>
  }>

/** @throws {OrdermillError} PORT_IN_USE, CONFIG_INVALID */
export async function serveApi(given: ApiParts): Promise<ServedApi> {
  const parts = { ...given, log: promptLog(given.log) }
  const { config, log, store, logger } = parts
  const metrics = createMetrics({ processMetrics: true })
  const operations = operationsLog(log)
  const lagWatch = openLagWatch({ log, operations, clock: Date.now, stuckMs: config.stuckSeconds * 1000 })
  metrics.lagFrom(() => lagSamples(lagWatch))
  const health = healthOf(parts)
  metrics.readyFrom(health)
  const hasPage = existsSync(pageDir)
  const server = await buildServer({
    log,
    store,
    clock: Date.now,
    settings: settingsOf(config),
    health,
    metricsText: async () => (await metrics.text()) + (await parts.metricsText()),
    system: systemOf(parts),
    operations,
    lagWatch,
    onRequestDone: metrics.httpRequestDone,
    logger,
    ...(hasPage ? { staticDir: pageDir } : {}),
  })
  const url = await listen(server, { ...config, portName: 'PORT' })
  lagWatch.start()
  const look = newReconciler({
    log,
    store,
    topic: config.topic,
    hasGaps: config.kafka !== undefined,
    pause: setTimeout,
  })
  const published = publishMetrics({
    cloudwatch: config.cloudwatch,
    logger,
    read: () => systemMetrics({ lagWatch, store, look }),
  })
  const watch = watchReconciliation({ look, logger, metrics, sleep: systemRuntime.sleep })
  return {
    url,
    hasPage,
    async close() {
      lagWatch.stop()
      published.stop()
      await watch.stop()
      await server.close()
    },
  }
}

function settingsOf(config: Config) {
  return {
    ...apiSettings(config),
    limits: {
      rateLimitPerMinute: config.rateLimitPerMinute,
      streamClientsMax: config.streamClientsMax,
      streamTickMs: config.streamTickMs,
    },
  }
}

function healthOf({ log, store, services }: ApiParts): () => Promise<readonly HealthCheck[]> {
  const ofLog = logHealth(log, () => performance.now())
  const ofStore = storeHealth(store, () => performance.now())
  return async () => {
    const [checks, ofServices] = await Promise.all([Promise.all([ofLog(), ofStore()]), servicesHealth(services())])
    return [...checks, ...ofServices]
  }
}

function systemOf({ config, version, services }: ApiParts): ServerDeps['system'] {
  const startedAt = new Date().toISOString()
  const gateway = gatewayName(config)
  return async () => {
    const known = [...((await answered(services())) ?? [])]
    return systemInfo(config, { version, started_at: startedAt, gateway, services: known })
  }
}
