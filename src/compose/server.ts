import type { ServerDeps } from '../api/deps.ts'
import type { Config } from '../config.ts'
import { startEngineThread, type EngineThread } from '../engine/engine-thread.ts'
import { countedIntake } from '../engine/start-counted.ts'
import { createLogger, type Logger, type LoggerOptions } from '../telemetry/logger.ts'
import type { DemoOptions } from './engine.ts'
import { refuseOpenDoor } from './listen.ts'
import { serveApi, type ApiParts, type ServedApi } from './serve-api.ts'
import { announceServer } from './server-file.ts'
import { startJobs } from './start-jobs.ts'
import { openReader, openStorage, type Storage } from './storage.ts'

export type RunningServer = Pick<ServedApi, 'url' | 'hasPage'> &
  Readonly<{
    /** Resolves when it has ended by itself, with why; never for what runs until it is stopped. */
    ended: Promise<Error | undefined>
    /** Takes no more requests, lets every batch in flight finish, and closes log and store. */
    stop: () => Promise<void>
  }>

export type ServerOptions = Readonly<{ config: Config; loggerOptions: LoggerOptions; version: string }>

/**
 * Starts the whole system in this process: the engine in a thread of its own, the API and the page in this one.
 *
 * @throws {OrdermillError} PORT_IN_USE, CONFIG_INVALID, or whatever keeps the engine from opening log and store
 */
export async function startServer(
  options: ServerOptions & Readonly<{ demo: DemoOptions | undefined }>,
): Promise<RunningServer> {
  const { config, loggerOptions, demo } = options
  refuseOpenDoor(config)
  const engine = await startEngineThread({ config, loggerOptions, services: true, demo })
  try {
    return await startBesideEngine(options, engine)
  } catch (error) {
    await engine.stop()
    throw error
  }
}

/**
 * Starts API and page alone, on a log whose services run elsewhere.
 *
 * @throws {OrdermillError} PORT_IN_USE, CONFIG_INVALID, or whatever keeps log and store from being opened
 */
export async function startApi({ config, loggerOptions, version }: ServerOptions): Promise<RunningServer> {
  refuseOpenDoor(config)
  const logger = createLogger(loggerOptions)
  const opened = await openOwn(config, logger)
  const jobs = startJobs(opened.storage, config, logger)
  const close = async (): Promise<void> => {
    await jobs.stop()
    await opened.close()
  }
  const parts = { config, version, logger, services: jobs.services, metricsText: () => Promise.resolve('') }
  const api = await serveOn({ ...opened, close }, parts)
  return {
    ...api,
    ended: Promise.withResolvers<undefined>().promise,
    async stop() {
      await api.close()
      await close()
    },
  }
}

async function startBesideEngine(options: ServerOptions, engine: EngineThread): Promise<RunningServer> {
  const { config, loggerOptions, version } = options
  const logger = createLogger(loggerOptions)
  const opened = config.kafka ? await openOwn(config, logger) : await openThrough(engine, config)
  const { services, metricsText } = engine
  const api = await serveOn(opened, { config, version, logger, services, metricsText })
  const announcement = config.kafka ? undefined : announceServer(config.dataDir, api.url)
  return {
    ...api,
    ended: engine.ended,
    async stop() {
      announcement?.withdraw()
      await api.close()
      await engine.stop()
      await opened.close()
    },
  }
}

type ApiStorage = Pick<ServerDeps, 'log' | 'store'> & Readonly<{ close: () => Promise<void> }>

/** One writer has the embedded files: this thread reads them itself, and the engine's writes for it. */
async function openThrough(engine: EngineThread, config: Config): Promise<ApiStorage> {
  const { log, store, close } = await openReader(config)
  const { append, members, seek, reserveOrderIds, noteOrderIds, remember, complete } = engine
  return {
    log: { ...log, append, members, seek },
    store: { ...store, reserveOrderIds, noteOrderIds, remember, complete },
    close,
  }
}

/** On Kafka everybody writes for themselves. */
async function openOwn(config: Config, logger: Logger): Promise<ApiStorage & Readonly<{ storage: Storage }>> {
  const storage = await openStorage(config, { logger, user: 'reader' })
  const { log, store, close } = storage
  return { log, store: { ...store, ...countedIntake(log, store, config.topic) }, close, storage }
}

async function serveOn(opened: ApiStorage, parts: Omit<ApiParts, 'log' | 'store'>): Promise<ServedApi> {
  try {
    return await serveApi({ ...parts, ...opened })
  } catch (error) {
    await opened.close()
    throw error
  }
}
