import { existsSync } from 'node:fs'
import { buildServer } from '../api/server.ts'
import type { Config } from '../config.ts'
import { OrdermillError } from '../errors.ts'
import { apiSettings, systemInfo } from './api-parts.ts'
import { logFile, openReader, storeFile } from './engine.ts'

const gateway = 'none: no server runs'

/** The HTTP API of a data directory on which no server runs: the same routes, without a network. It only reads. */
export type LocalApi = Readonly<{
  get: (path: string) => Promise<Readonly<{ status: number; text: string }>>
  close: () => Promise<void>
}>

/** @throws {OrdermillError} NOT_FOUND when the directory holds no data yet, DATA_CORRUPT, LOG_UNAVAILABLE */
export async function openLocalApi(config: Config, version: string): Promise<LocalApi> {
  if (!existsSync(logFile(config)) || !existsSync(storeFile(config))) throw noData(config)
  const { log, store } = openReader(config)
  const startedAt = new Date().toISOString()
  const refuse = () => Promise.reject(readOnly())
  const server = await buildServer({
    log,
    store: { ...store, reserveOrderIds: refuse, noteOrderIds: refuse, remember: refuse, complete: refuse },
    clock: Date.now,
    // Whoever can read the files needs no token, and asks by no other name.
    settings: { ...apiSettings(config), host: 'localhost', allowedHosts: [], tokens: [], trustedProxies: 0 },
    health: () => Promise.resolve([]),
    metricsText: () => Promise.resolve(''),
    system: () => Promise.resolve(systemInfo(config, { version, started_at: startedAt, gateway, services: [] })),
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
