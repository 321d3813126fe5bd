import type { Readable } from 'node:stream'
import { buildServer } from '../api/server.ts'
import type { Config } from '../config.ts'
import { OrdermillError } from '../errors.ts'
import { apiSettings, systemInfo } from './api-parts.ts'
import { askForTopics, openReader } from './storage.ts'

const gateway = 'none: no server runs'

/** The HTTP API on log and store themselves: the same routes, without a server and a network of ours. It only reads. */
export type LocalApi = Readonly<{
  get: (path: string) => Promise<Readonly<{ status: number; text: string }>>
  /** The same for an answer of any size: its body is produced as fast as it is read. */
  stream: (path: string) => Promise<Readonly<{ status: number; body: Readable }>>
  close: () => Promise<void>
}>

/** @throws {OrdermillError} NOT_FOUND when there is no embedded log yet, DATA_CORRUPT, LOG_REFUSED, LOG_UNAVAILABLE */
export async function openLocalApi(config: Config, version: string): Promise<LocalApi> {
  const { log, store, close } = await openReader(config)
  const startedAt = new Date().toISOString()
  const refuse = () => Promise.reject(readOnly())
  try {
    await askForTopics(log, config)
  } catch (error) {
    await close()
    throw error
  }
  const server = await buildServer({
    log,
    store: { ...store, reserveOrderIds: refuse, noteOrderIds: refuse, remember: refuse, complete: refuse },
    clock: Date.now,
    // Whoever can read the files, or log in to the broker, needs no token, and asks by no other name.
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
    async stream(path) {
      const answer = await server.inject({ url: path, payloadAsStream: true })
      return { status: answer.statusCode, body: answer.stream() }
    },
    async close() {
      await server.close()
      await close()
    },
  }
}

function readOnly(): OrdermillError {
  return new OrdermillError('STORE_UNAVAILABLE', 'the store is only read here: start the server to write')
}
