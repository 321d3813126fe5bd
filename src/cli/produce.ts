import { Command } from 'commander'
import { produceOrders } from '../compose/produce.ts'
import type { Config } from '../config.ts'
import { configOf, findHttpApi, withWhere, type WhereOptions } from './connection.ts'
import { untilCounted } from './counted.ts'
import type { HttpApi } from './http-api.ts'
import { onInterrupt } from './interrupt.ts'
import { openLocalEngine } from './local-engine.ts'
import { jsonOption, positiveNumber, wholeNumber } from './options.ts'
import { countText, note, print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { orderLine, type ProducedOrder } from './order-line.ts'
import { remoteSink } from './remote-sink.ts'

type Options = WhereOptions & Readonly<{ count?: number; seed?: number; json?: true }>
type Produce = Readonly<{ config: Config; options: Options; signal: AbortSignal }>

export const produceCommand: CliCommand = (environment) =>
  withWhere(new Command('produce').description('Make orders up and append them, one every SLEEP_SECONDS'))
    .option('--count <number>', 'stop after so many', positiveNumber)
    .option('--seed <number>', 'make the same orders up every time', wholeNumber)
    .addOption(jsonOption())
    .action(async (options: Options) => {
      using interrupt = onInterrupt()
      const config = configOf(environment, options)
      const api = findHttpApi(environment, config, options)
      const run = { config, options, signal: interrupt.signal }
      await (api ? produceRemotely(run, api) : produceLocally(run))
    })

async function produceRemotely({ config, options, signal }: Produce, api: HttpApi): Promise<void> {
  const sink = remoteSink(api, (orders) => printOrders(orders, options))
  await produceOrders(config, sink, producing(options), signal)
}

async function produceLocally({ config, options, signal }: Produce): Promise<void> {
  await using engine = await openLocalEngine(config, { services: true })
  await produceOrders(
    config,
    engine,
    {
      ...producing(options),
      onAcknowledged: (orderId, { topic, partition, offset }) =>
        printOrders([{ orderId, topic, partition, offset }], options),
    },
    signal,
  )
  if (!signal.aborted && engine.counting) await untilCounted(engine.counting, signal)
  await engine.stop()
  const pending = await engine.pendingPayments()
  if (pending > 0) note(`Payment has ${countText(pending, 'record')} to go: the next start goes on`)
}

function producing({ count, seed }: Options) {
  return { ...(count === undefined ? {} : { count }), ...(seed === undefined ? {} : { seed }) }
}

function printOrders(orders: readonly ProducedOrder[], { json }: Options): void {
  const lines = orders.map(({ orderId, topic, partition, offset }) =>
    json
      ? JSON.stringify({ order_id: orderId, topic, partition, offset })
      : orderLine({ orderId, topic, partition, offset }),
  )
  if (lines.length > 0) print(...lines)
}
