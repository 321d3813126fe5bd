import { join } from 'node:path'
import { Command } from 'commander'
import { readConfig, type Config } from '../config.ts'
import { startServer, type RunningServer } from '../compose/server.ts'
import type { LoggerOptions } from '../telemetry/logger.ts'
import { demoDirectory } from './demo-directory.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { wholeNumber } from './options.ts'
import type { CliCommand } from './cli-command.ts'
import { version } from './version.ts'

/** A stop that takes longer than this is a fault, and container platforms kill after 30 s. */
const drainTimeoutMs = 25_000

export const startCommand: CliCommand = (environment, done) =>
  new Command('start')
    .description('Run everything in this process: services, API and page')
    .option('--demo', `with made-up orders, in the directory "${demoDirectory}" below the data directory`)
    .option('--seed <number>', 'make the same orders up at every start', wholeNumber)
    .action(async ({ demo, seed }: { demo?: true; seed?: number }) => {
      const base = readConfig(environment)
      const config = demo ? { ...base, dataDir: join(base.dataDir, demoDirectory) } : base
      const loggerOptions = loggerOptionsOf(config)
      const demoOptions = seed === undefined ? {} : { seed }
      const server = await startServer({ config, loggerOptions, version, demo: demo ? demoOptions : undefined })
      printBanner(config, server, demo === true)
      done(await stopped(server))
    })

export function loggerOptionsOf({ logLevel, logFormat }: Config): LoggerOptions {
  const readable = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY)
  return { level: logLevel, pretty: readable }
}

function printBanner(config: Config, { url, hasPage }: RunningServer, demo: boolean): void {
  const lines = [
    `Ordermill ${version}, embedded: ${demo ? 'producer, ' : ''}fraud, payment, analytics, views, API and page`,
    `  Page   ${hasPage ? url : 'not built: run "npm run build", then start again'}`,
    `  API    ${url}/api/v1/totals  (description: ${url}/api/openapi.json)`,
    `  Data   ${config.dataDir}${demo ? '  (made-up orders; your own: npx ordermill start)' : ''}`,
    '  Stop   Ctrl-C',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Until a signal, or until the engine ends on its own, which is a failure. */
async function stopped(server: RunningServer): Promise<ExitCode> {
  const reason = await Promise.race([nextSignal(), server.ended])
  if (reason instanceof Error) return giveUp(`the engine ended by itself: ${reason.message}`)
  process.stdout.write('Stopping: batches in flight are finished first\n')
  const timer = setTimeout(giveUp, drainTimeoutMs, `not stopped within ${drainTimeoutMs} ms`)
  void nextSignal().then(() => giveUp('stopped at once by a second signal'))
  await server.stop()
  clearTimeout(timer)
  return exitCodes.done
}

function giveUp(why: string): never {
  process.stderr.write(`ordermill: INTERNAL: ${why}; nothing is lost, it goes on at the next start\n`)
  process.exit(exitCodes.failed)
}

function nextSignal(): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
  return promise
}
