import { buildHealthServer } from '../api/health-server.ts'
import type { Config } from '../config.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { apiSettings } from './api-parts.ts'
import { lagMetrics, publishMetrics } from './cloudwatch.ts'
import { groupOf, openEngine, type Engine, type ServiceName, type Telemetry } from './engine.ts'
import { logHealth, servicesHealth, storeHealth } from './health.ts'
import { listen, refuseOpenDoor } from './listen.ts'
import type { ProduceOptions } from './produce.ts'
import type { RunningServer, ServerOptions } from './server.ts'

export type RunningService = Pick<RunningServer, 'ended' | 'stop'> & Readonly<{ healthUrl: string | undefined }>

/**
 * Runs one service in this process, with its health on a port of its own if one is configured.
 *
 * @throws {OrdermillError} PORT_IN_USE, CONFIG_INVALID, or whatever keeps log and store from being opened
 */
export async function startService(
  name: ServiceName,
  { config, loggerOptions }: Pick<ServerOptions, 'config' | 'loggerOptions'>,
  producer: ProduceOptions,
): Promise<RunningService> {
  if (config.healthPort !== null) refuseOpenDoor(config)
  const telemetry = { logger: createLogger(loggerOptions), metrics: createMetrics({ processMetrics: true }) }
  const engine = await openEngine(config, telemetry)
  try {
    const health = await serveHealth(name, { config, engine, ...telemetry })
    const published = publishLag(name, { config, engine, ...telemetry })
    const end = new AbortController()
    const running = engine.runOne(name, end.signal, producer)
    return {
      healthUrl: health?.url,
      ended: running.then((failure) => (failure ? asError(failure.error) : undefined)),
      async stop() {
        end.abort()
        await running
        published.stop()
        await health?.close()
        await engine.close()
      },
    }
  } catch (error) {
    await engine.close()
    throw error
  }
}

type ServiceParts = Telemetry & Readonly<{ config: Config; engine: Engine }>

function publishLag(name: ServiceName, { config: { cloudwatch }, engine: { log }, logger }: ServiceParts) {
  const group = groupOf.get(name)
  const read = async () => (group === undefined ? [] : [lagMetrics(group, await log.lag(group), Date.now())])
  return publishMetrics({ cloudwatch, logger, read })
}

async function serveHealth(name: ServiceName, { config, engine, logger, metrics }: ServiceParts) {
  if (config.healthPort === null) return undefined
  const ofLog = logHealth(engine.log, () => performance.now())
  const ofStore = storeHealth(engine.store, () => performance.now())
  // Fraud has none.
  const storage = name === 'fraud' ? [ofLog] : [ofLog, ofStore]
  const health = async () => [
    ...(await Promise.all(storage.map((check) => check()))),
    ...(await servicesHealth(engine.services())),
  ]
  metrics.readyFrom(health)
  const server = await buildHealthServer({
    settings: apiSettings(config),
    logger,
    metricsText: metrics.text,
    health,
  })
  const url = await listen(server, { host: config.host, port: config.healthPort, portName: 'ORDERMILL_HEALTH_PORT' })
  return { url, close: () => server.close() }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
