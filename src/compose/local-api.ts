import { existsSync } from 'node:fs'
import { buildServer } from '../api/server.ts'
import type { Config } from '../config.ts'
import { OrdermillError } from '../errors.ts'
import { logFile, openReader, storeFile } from './engine.ts'

/** The HTTP API of a data directory on which no server runs: the same routes, without a network. It only reads. */
export type LocalApi = Readonly<{
  get: (path: string) => Promise<Readonly<{ status: number; text: string }>>
  close: () => Promise<void>
}>

/** @throws {OrdermillError} NOT_FOUND when the directory holds no data yet, DATA_CORRUPT, LOG_UNAVAILABLE */
export async function openLocalApi(config: Config, version: string): Promise<LocalApi> {
  if (!existsSync(logFile(config)) || !existsSync(storeFile(config))) throw noData(config)
  const { log, store } = openReader(config)
  const refuse = () => Promise.reject(readOnly())
  const server = await buildServer({
    log,
    store: { ...store, reserveOrderIds: refuse, noteOrderIds: refuse, remember: refuse, complete: refuse },
    clock: Date.now,
    settings: {
      inputTopic: config.topic,
      baseCurrency: config.baseCurrency,
      bucket: 'order_analytics',
      host: 'localhost',
      allowedHosts: [],
      tokens: [],
      trustedProxies: 0,
    },
    health: () => Promise.resolve([]),
    metricsText: () => Promise.resolve(''),
    system: () => Promise.resolve(systemInfo(config, version)),
  })
  return {
    async get(path) {
      const { statusCode, payload } = await server.inject({ url: path })
      return { status: statusCode, text: payload }
    },
    async close() {
      await server.close()
      await store.close()
      await log.close()
    },
  }
}

function noData({ dataDir }: Config): OrdermillError {
  return new OrdermillError(
    'NOT_FOUND',
    `the data directory ${dataDir} holds no orders, and no server runs on it: run "ordermill start" or "ordermill import", ` +
      `or say where the data is (--data-dir, --demo, --url)`,
  )
}

function readOnly(): OrdermillError {
  return new OrdermillError('STORE_UNAVAILABLE', 'the data directory is only read here: start the server to write')
}

function systemInfo(config: Config, version: string) {
  return {
    mode: 'embedded' as const,
    version,
    started_at: new Date().toISOString(),
    data: config.dataDir,
    gateway: 'none: no server runs',
    payment_policy: config.paymentPolicy,
    base_currency: config.baseCurrency,
    input_topic: config.topic,
    services: [],
  }
}
