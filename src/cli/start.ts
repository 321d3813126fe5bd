import { Command } from 'commander'
import { readConfig } from '../config.ts'
import { startServer } from '../compose/server.ts'
import { bannerLines } from './banner.ts'
import { demoDirectory, onDemoData } from './demo-directory.ts'
import { loggerOptionsOf } from './logger-options.ts'
import { wholeNumber } from './options.ts'
import { print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { untilStopped } from './until-stopped.ts'
import { version } from './version.ts'

type Options = Readonly<{ demo?: true; demoIfEmbedded?: true; seed?: number }>

export const startCommand: CliCommand = (environment, done) =>
  new Command('start')
    .description('Run everything in this process: services, API and page')
    .option('--demo', `with made-up orders; embedded in the directory "${demoDirectory}" below the data directory`)
    .option('--demo-if-embedded', 'the same, but on Kafka no order is made up')
    .option('--seed <number>', 'make the same orders up at every start', wholeNumber)
    .action(async (options: Options) => {
      const base = readConfig(environment)
      const isDemo = options.demo === true || (options.demoIfEmbedded === true && !base.kafka)
      const config = isDemo ? onDemoData(base) : base
      const loggerOptions = loggerOptionsOf(config)
      const seed = options.seed === undefined ? {} : { seed: options.seed }
      const server = await startServer({ config, loggerOptions, version, demo: isDemo ? seed : undefined })
      // Before anybody is told that it runs, and may stop it.
      const stopped = untilStopped(server, 'the engine')
      const parts = `${isDemo ? 'producer, ' : ''}fraud, payment, analytics, views, API and page`
      print(...bannerLines(config, server, parts, isDemo ? '  (made-up orders; your own: npx ordermill start)' : ''))
      done(await stopped)
    })
