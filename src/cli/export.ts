import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Argument, Command, Option } from 'commander'
import { openReading, withWhere, type WhereOptions } from './connection.ts'
import type { CliCommand } from './cli-command.ts'

const lists = ['orders', 'payments', 'alerts', 'dead-letters'] as const
type List = (typeof lists)[number]

/** Filters by the names that the API has for them. */
const filters: readonly (readonly [flags: string, name: string, description: string])[] = [
  ['--country <code>', 'country', 'orders: of this country'],
  ['--status <status>', 'status', 'orders: CREATED, CONFIRMED or CANCELLED'],
  ['--currency <code>', 'currency', 'orders: in this currency'],
  ['--customer-id <number>', 'customer_id', 'orders: of this customer'],
  ['--amount-min <amount>', 'amount_min', 'orders: of at least this amount'],
  ['--amount-max <amount>', 'amount_max', 'orders: of at most this amount'],
  ['--created-from <time>', 'created_from', 'orders: created at this time or later'],
  ['--created-to <time>', 'created_to', 'orders: created before this time'],
  ['--sort <order>', 'sort', 'orders: newest, oldest, amount_desc, amount_asc, order_id_desc or order_id_asc'],
  ['--outcome <outcome>', 'outcome', 'payments: PENDING, PAID, DECLINED, SKIPPED or HELD'],
  ['--group <name>', 'group', 'dead-letters: of this consumer group'],
  ['--code <code>', 'code', 'dead-letters: with this error code'],
  ['--from <time>', 'from', 'dead-letters: written at this time or later'],
  ['--to <time>', 'to', 'dead-letters: written before this time'],
  ['--order-id <number>', 'order_id', 'dead-letters: that speak of this order'],
  ['--state <state>', 'state', 'dead-letters: open or redriven'],
]

type Options = WhereOptions & Readonly<Record<string, unknown>>

export const exportCommand: CliCommand = (environment) => {
  const command = withWhere(
    new Command('export').description('Write a whole list to standard output, as CSV or one JSON text a line'),
  )
    .addArgument(new Argument('<list>').choices(lists))
    .addOption(new Option('--format <format>', 'of the output').choices(['csv', 'ndjson']).default('csv'))
  const options = filters.map(([flags, name, description]) => ({ option: new Option(flags, description), name }))
  for (const { option } of options) command.addOption(option)
  return command.action(async (list: List, given: Options) => {
    const query = new URLSearchParams({ format: String(given['format']) })
    for (const { option, name } of options) {
      const value = given[option.attributeName()]
      if (typeof value === 'string') query.set(name, value)
    }
    await using api = await openReading(environment, given)
    const body = await api.stream(`/api/v1/${list}/export?${query.toString()}`)
    await pipeline(Readable.from(body), process.stdout, { end: false })
  })
}
