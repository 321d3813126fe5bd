import { text } from 'node:stream/consumers'
import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { findServer } from '../compose/server-file.ts'
import { readConfig, type Config } from '../config.ts'
import { OrdermillError } from '../errors.ts'
import { answerOf, refusalOf } from './answer.ts'
import { onDemoData } from './demo-directory.ts'
import { httpApi, type HttpApi } from './http-api.ts'
import type { Environment } from './cli-command.ts'
import { version } from './version.ts'

export type DataOptions = Readonly<{ dataDir?: string; demo?: true }>
export type WhereOptions = DataOptions & Readonly<{ url?: string }>

/** The options by which a command finds the system that it is about. */
export function withWhere(command: Command): Command {
  const withUrl = command.option(
    '--url <url>',
    'the server, instead of the one that runs on the data directory (or ORDERMILL_URL)',
  )
  return withDataDir(withUrl)
}

/** Those of a command that no server is asked for. */
export function withDataDir(command: Command): Command {
  return command
    .option('--data-dir <directory>', 'the data directory (or ORDERMILL_DATA_DIR)')
    .option('--demo', 'the data of the demonstration, which "npm start" runs')
}

/** The configuration with the data directory that the options name. */
export function configOf(environment: Environment, { dataDir, demo }: DataOptions): Config {
  const config = readConfig(environment)
  const base = dataDir === undefined ? config : { ...config, dataDir }
  return demo ? onDemoData(base) : base
}

/**
 * The server to talk to: the one that is named, or the one that has the embedded log of the data directory. On Kafka
 * everybody reaches the log.
 */
export function findHttpApi(environment: Environment, config: Config, { url }: WhereOptions): HttpApi | undefined {
  const named = url ?? (environment['ORDERMILL_URL'] || undefined)
  const found = named ?? (config.kafka ? undefined : findServer(config.dataDir))
  return found === undefined ? undefined : httpApi(found, environment['ORDERMILL_TOKEN'] || undefined)
}

/** The server that a change is asked of. @throws {OrdermillError} SERVER_UNAVAILABLE when none is known */
export function openServer(environment: Environment, options: WhereOptions): HttpApi {
  const api = findHttpApi(environment, configOf(environment, options), options)
  if (api) return api
  throw new OrdermillError(
    'SERVER_UNAVAILABLE',
    'this needs a server, and none runs on the data directory: start it with "ordermill start", or name one (--url)',
  )
}

/** Answers GET requests, of a server or from log and store themselves: JSON text, or a body of any size as it comes. */
export type Reader = Pick<HttpApi, 'get' | 'stream'> & AsyncDisposable

/** @throws {OrdermillError} SERVER_UNAVAILABLE, UNAUTHENTICATED, NOT_FOUND when there is neither server nor data */
export async function openReading(environment: Environment, options: WhereOptions): Promise<Reader> {
  const config = configOf(environment, options)
  const http = findHttpApi(environment, config, options)
  if (http) return { get: http.get, stream: http.stream, [Symbol.asyncDispose]: () => Promise.resolve() }
  // Loads the whole server, which is not needed where one runs.
  const { openLocalApi } = await import('../compose/local-api.ts')
  const local = await openLocalApi(config, version)
  return {
    get: async (path) => answerOf(await local.get(path)),
    async stream(path) {
      const { status, body } = await local.stream(path)
      if (status === 200) return body
      throw refusalOf({ status, text: await text(body) })
    },
    [Symbol.asyncDispose]: local.close,
  }
}

/** Asks a running server for a change: it answers with JSON text. */
export type Operating = Readonly<{ post: (path: string, body: object, idempotencyKey?: string) => Promise<string> }>

/** @throws {OrdermillError} SERVER_UNAVAILABLE when none runs, UNAUTHENTICATED, FORBIDDEN, and what the server refuses */
export function openOperating(environment: Environment, options: WhereOptions): Operating {
  const http = findHttpApi(environment, configOf(environment, options), options)
  if (http) {
    return {
      post: async (path, body, idempotencyKey = randomUUID()) =>
        answerOf(await http.post(path, JSON.stringify(body), idempotencyKey)),
    }
  }
  throw new OrdermillError(
    'SERVER_UNAVAILABLE',
    'this changes a running system, and no server is known: start it with "ordermill start", or name it with --url',
  )
}
