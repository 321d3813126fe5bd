import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildServer } from '../api/server.ts'
import type { HealthCheck, SystemInfo } from '../api/deps.ts'
import type { Config } from '../config.ts'
import { startEngineThread, type EngineThread } from '../engine/engine-thread.ts'
import { OrdermillError } from '../errors.ts'
import { createLogger, type LoggerOptions } from '../telemetry/logger.ts'
import { createMetrics, type LagSample } from '../telemetry/metrics.ts'
import type { Log } from '../ports/log.ts'
import { openReader, type DemoOptions } from './engine.ts'
import { apiSettings, systemInfo } from './api-parts.ts'
import { announceServer } from './server-file.ts'

export type RunningServer = Readonly<{
  url: string
  /** Whether the built page was found. */
  hasPage: boolean
  /** Resolves when the engine's thread has ended; with why, when it was not by `stop`. */
  ended: EngineThread['ended']
  /** Takes no more requests, lets every batch in flight finish, and closes the files. */
  stop: () => Promise<void>
}>

export type ServerOptions = Readonly<{
  config: Config
  loggerOptions: LoggerOptions
  version: string
  demo: DemoOptions | undefined
}>

const pageDir = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))
const healthTimeoutMs = 5_000

/**
 * Starts the whole embedded system: the engine in a thread of its own, the API and the page in this one.
 *
 * @throws {OrdermillError} PORT_IN_USE, CONFIG_INVALID, or whatever keeps the engine from opening the data directory
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, loggerOptions, demo } = options
  refuseOpenDoor(config)
  const engine = await startEngineThread({ config, loggerOptions, services: true, demo })
  try {
    return await startApi(options, engine)
  } catch (error) {
    await engine.stop()
    throw error
  }
}

/** Without tokens everybody is operator, which only this machine may be. */
function refuseOpenDoor({ host, tokens }: Config): void {
  if (tokens.length > 0 || ['localhost', '127.0.0.1', '::1'].includes(host)) return
  throw new OrdermillError(
    'CONFIG_INVALID',
    `HOST is ${host}, which others can reach, but ORDERMILL_TOKENS is empty: set tokens, or listen on 127.0.0.1`,
  )
}

async function startApi(options: ServerOptions, engine: EngineThread): Promise<RunningServer> {
  const { config, loggerOptions } = options
  const reader = openReader(config)
  const log: Log = { ...reader.log, append: engine.append }
  const metrics = createMetrics({ processMetrics: true })
  metrics.lagFrom(() => lagSamples(log))
  const hasPage = existsSync(pageDir)
  const server = await buildServer({
    log,
    store: { ...reader.store, ...intakeOf(engine) },
    clock: Date.now,
    settings: settingsOf(config),
    health: () => healthOf(engine),
    metricsText: async () => (await metrics.text()) + (await engine.metricsText()),
    system: systemOf(options, engine),
    onRequestDone: metrics.httpRequestDone,
    logger: createLogger(loggerOptions),
    ...(hasPage ? { staticDir: pageDir } : {}),
  })
  const url = await listen(server, config)
  const announcement = announceServer(config.dataDir, url)
  return {
    url,
    hasPage,
    ended: engine.ended,
    async stop() {
      announcement.withdraw()
      await server.close()
      await engine.stop()
      await reader.store.close()
      await reader.log.close()
    },
  }
}

function intakeOf({ reserveOrderIds, noteOrderIds, remember, complete }: EngineThread) {
  return { reserveOrderIds, noteOrderIds, remember, complete }
}

async function listen(server: Awaited<ReturnType<typeof buildServer>>, { host, port }: Config): Promise<string> {
  try {
    return await server.listen({ host, port })
  } catch (cause) {
    await server.close()
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    if (reason === 'EADDRINUSE') {
      throw new OrdermillError('PORT_IN_USE', `port ${port} of ${host} is taken: set PORT to another one`, { cause })
    }
    throw new OrdermillError('CONFIG_INVALID', `can't listen on ${host}:${port} (${reason}): set HOST and PORT`, {
      cause,
    })
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

async function healthOf(engine: EngineThread): Promise<readonly HealthCheck[]> {
  const services = await answered(engine.services())
  if (!services) return [{ name: 'engine', ok: false, detail: `no answer within ${healthTimeoutMs} ms` }]
  return services.map(({ name, state, detail }) => ({ name, ok: state === 'running', detail: detail || state }))
}

async function answered<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, healthTimeoutMs, undefined)
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

function systemOf({ config, version }: ServerOptions, engine: EngineThread): () => Promise<SystemInfo> {
  const startedAt = new Date().toISOString()
  const gateway = `simulated, ${config.gatewayLatencyMs} ms`
  return async () => {
    const services = [...((await answered(engine.services())) ?? [])]
    return systemInfo(config, { version, started_at: startedAt, gateway, services })
  }
}

async function lagSamples(log: Log): Promise<readonly LagSample[]> {
  const nowMs = Date.now()
  const groups = await log.groups()
  const lags = await Promise.all(groups.map(async (group) => (await log.lag(group)).map((lag) => ({ group, ...lag }))))
  return lags.flat().map(({ group, topic, partition, lagRecords, nextTimestampMs }) => ({
    group,
    topic,
    partition,
    lagRecords,
    lagSeconds: nextTimestampMs === null ? 0 : Math.max(nowMs - nextTimestampMs, 0) / 1000,
  }))
}
