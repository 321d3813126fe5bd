import { Argument, Command } from 'commander'
import { readConfig, type Config } from '../config.ts'
import { serviceNames, type ServiceName } from '../compose/engine.ts'
import { startService } from '../compose/run.ts'
import { startApi } from '../compose/server.ts'
import { OrdermillError } from '../errors.ts'
import { bannerLines, titleLine } from './banner.ts'
import { loggerOptionsOf } from './logger-options.ts'
import { note, print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import type { ExitCode } from './exit-codes.ts'
import { orderLine } from './order-line.ts'
import { untilStopped } from './until-stopped.ts'
import { version } from './version.ts'

type Runnable = ServiceName | 'api'

export const runCommand: CliCommand = (environment, done) =>
  new Command('run')
    .description('Run one service in this process, on Kafka; any number of processes may run the same one')
    .addArgument(new Argument('<service>', 'which one').choices([...serviceNames, 'api']))
    .action(async (service: Runnable) => {
      // Fraud is decided by the log alone.
      const isHalf = service === 'fraud'
      const read = readConfig(environment, { isHalf })
      const config = isHalf ? { ...read, couchbase: undefined, store: null } : read
      refuseEmbedded(config)
      done(await (service === 'api' ? runApi(config) : runOne(config, service)))
    })

/** Its log has one writer. */
function refuseEmbedded({ kafka }: Config): void {
  if (kafka) return
  throw new OrdermillError(
    'CONFIG_INVALID',
    'the embedded log belongs to one process, which runs all services ("ordermill start"): ' +
      'to run them apart, set KAFKA_BOOTSTRAP_SERVERS',
  )
}

async function runApi(config: Config): Promise<ExitCode> {
  const server = await startApi({ config, loggerOptions: loggerOptionsOf(config), version })
  const stopped = untilStopped(server, 'the API')
  print(...bannerLines(config, server, 'API and page'))
  return stopped
}

async function runOne(config: Config, service: ServiceName): Promise<ExitCode> {
  // The producer's lines on stdout are read by programs: there is nothing else.
  const loggerOptions = loggerOptionsOf(config, service === 'producer' ? 'stderr' : 'stdout')
  const running = await startService(service, { config, loggerOptions }, { onAcknowledged })
  const stopped = untilStopped(running, service)
  note(titleLine(config, service), ...(running.healthUrl === undefined ? [] : [`  Health ${running.healthUrl}/readyz`]))
  return stopped
}

function onAcknowledged(orderId: number, place: Readonly<{ topic: string; partition: number; offset: number }>): void {
  print(orderLine({ orderId, ...place }))
}
