import { join } from 'node:path'
import type { Command } from 'commander'
import { findServer } from '../compose/server-file.ts'
import { readConfig, type Config } from '../config.ts'
import { answerOf } from './answer.ts'
import { demoDirectory } from './demo-directory.ts'
import { httpApi, type HttpApi } from './http-api.ts'
import type { Environment } from './cli-command.ts'
import { version } from './version.ts'

export type WhereOptions = Readonly<{ url?: string; dataDir?: string; demo?: true }>

/** The options by which a command finds the system that it is about. */
export function withWhere(command: Command): Command {
  return command
    .option('--url <url>', 'the server, instead of the one that runs on the data directory (or ORDERMILL_URL)')
    .option('--data-dir <directory>', 'the data directory (or ORDERMILL_DATA_DIR)')
    .option('--demo', 'the data of the demonstration, which "npm start" runs')
}

/** The configuration with the data directory that the options name. */
export function configOf(environment: Environment, { dataDir, demo }: WhereOptions): Config {
  const config = readConfig(environment)
  const base = dataDir ?? config.dataDir
  return { ...config, dataDir: demo ? join(base, demoDirectory) : base }
}

/** The server to talk to: the one that is named, or the one that runs on the data directory. */
export function findHttpApi(environment: Environment, config: Config, { url }: WhereOptions): HttpApi | undefined {
  const named = url ?? (environment['ORDERMILL_URL'] || undefined)
  const found = named ?? findServer(config.dataDir)
  return found === undefined ? undefined : httpApi(found, environment['ORDERMILL_TOKEN'] || undefined)
}

/** Answers GET requests, over the network or from the files themselves: JSON text. */
export type Reader = Readonly<{ get: (path: string) => Promise<string> }> & AsyncDisposable

/** @throws {OrdermillError} SERVER_UNAVAILABLE, UNAUTHENTICATED, NOT_FOUND when there is neither server nor data */
export async function openReading(environment: Environment, options: WhereOptions): Promise<Reader> {
  const config = configOf(environment, options)
  const http = findHttpApi(environment, config, options)
  if (http) return { get: http.get, [Symbol.asyncDispose]: () => Promise.resolve() }
  // Loads the whole server, which is not needed where one runs.
  const { openLocalApi } = await import('../compose/local-api.ts')
  const local = await openLocalApi(config, version)
  return {
    get: async (path) => answerOf(await local.get(path)),
    [Symbol.asyncDispose]: local.close,
  }
}
