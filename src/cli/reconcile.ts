import { Command, Option } from 'commander'
import type { CheckSpec } from '../codec/operation-codec.ts'
import type { CliCommand, Environment } from './cli-command.ts'
import { configOf, openReading, withWhere, type WhereOptions } from './connection.ts'
import { documentAt, listAt, parseDocument, textAt, type Document } from './document.ts'
import { exitCodes } from './exit-codes.ts'
import { jsonOption, time, wholeNumber } from './options.ts'
import { groupDecimal, print } from './output.ts'
import { tableLines } from './table.ts'

type Options = WhereOptions &
  Readonly<{
    json?: true
    full?: true
    service?: NonNullable<CheckSpec['service']>
    fromOffset?: number
    toOffset?: number
    from?: string
    to?: string
  }>

export const reconcileCommand: CliCommand = (environment, done) =>
  withWhere(new Command('reconcile').description('Say whether every record is accounted for'))
    .option(
      '--full',
      'run the services again from the log into nothing, and compare the store with that, order by order',
    )
    .addOption(new Option('--service <name>', 'with --full: only this one').choices(['fraud', 'payment', 'analytics']))
    .option('--from-offset <number>', 'with --full: only orders with a record from this offset on', wholeNumber)
    .option('--to-offset <number>', 'with --full: as if each partition ended there', wholeNumber)
    .option('--from <time>', 'with --full: the same by log time, such as 2026-01-31T09:30:00Z', time)
    .option('--to <time>', 'with --full: the same by log time', time)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExit codes: 0 all is accounted for, or is on its way; 1 something does not add up, or differs from the log',
    )
    .action(async ({ full, json, ...options }: Options) => {
      const isWell = full ? await isSame(environment, options, json) : await isAccounted(environment, options, json)
      if (!isWell) done(exitCodes.failed)
    })

async function isAccounted(environment: Environment, where: WhereOptions, json: true | undefined): Promise<boolean> {
  await using api = await openReading(environment, where)
  const text = await api.get('/api/v1/reconciliation')
  const found = parseDocument(text)
  print(...(json ? [text] : reconciliationLines(found)))
  return textAt(found, 'state') !== 'bad'
}

async function isSame(environment: Environment, options: Options, json: true | undefined): Promise<boolean> {
  const { service, fromOffset, toOffset, from, to } = options
  const spec: CheckSpec = {
    kind: 'check',
    ...(service === undefined ? {} : { service }),
    ...(fromOffset === undefined ? {} : { from_offset: fromOffset }),
    ...(toOffset === undefined ? {} : { to_offset: toOffset }),
    ...(from === undefined ? {} : { from_ms: Date.parse(from) }),
    ...(to === undefined ? {} : { to_ms: Date.parse(to) }),
  }
  // Loads the services, which a look does not need.
  const { reconcileFully } = await import('./reconcile-full.ts')
  return reconcileFully(configOf(environment, options), spec, { json: json ?? false })
}

function reconciliationLines(found: Document): readonly string[] {
  const number = (name: string): string => groupDecimal(textAt(found, name))
  return [
    `${stateWords.get(textAt(found, 'state')) ?? ''}: ${textAt(found, 'summary')}`,
    '',
    ...tableLines(
      [
        { title: 'CHECK', value: (check: Document) => textAt(check, 'name') },
        { title: 'STATE', value: (check) => textAt(check, 'state') },
        { title: 'EXPECTED', value: (check) => textAt(check, 'expected') },
        { title: 'FOUND', value: (check) => textAt(check, 'found') },
        { title: 'WHERE', value: (check) => textAt(check, 'detail') },
      ],
      listAt(found, 'checks'),
    ),
    '',
    ...equationLines(listAt(found, 'equations')),
    '',
    `Paid although cancelled  ${number('paid_cancelled')}`,
    `Paid although flagged    ${number('paid_flagged')}`,
    `Cancelled after paid     ${number('cancelled_after_paid')}`,
    `Last full check          ${lastFullText(documentAt(found, 'last_full'))}`,
  ]
}

const stateWords: ReadonlyMap<string, string> = new Map([
  ['good', 'GOOD'],
  ['in-flight', 'IN FLIGHT'],
  ['bad', 'BAD'],
])

function equationLines(equations: readonly Document[]): readonly string[] {
  return tableLines(
    [
      { title: 'GROUP', value: (equation) => textAt(equation, 'group') },
      { title: 'TOPIC', value: (equation) => `${textAt(equation, 'topic')}-${textAt(equation, 'partition')}` },
      { title: 'NEXT', value: (equation) => groupDecimal(textAt(equation, 'next')), align: 'right' },
      { title: 'IN FLIGHT', value: (equation) => groupDecimal(textAt(equation, 'in_flight')), align: 'right' },
      { title: 'DIFFERENCE', value: (equation) => textAt(equation, 'difference'), align: 'right' },
      { title: 'RECORDS', value: (equation) => listAt(equation, 'terms').flatMap(termText).join(', ') },
    ],
    equations,
  )
}

function termText(term: Document): readonly string[] {
  const records = textAt(term, 'records')
  return records === '0' ? [] : [`${groupDecimal(records)} ${textAt(term, 'name')}`]
}

function lastFullText(last: Document): string {
  if (textAt(last, 'at') === '') return 'never: ordermill reconcile --full'
  return `${textAt(last, 'at')}, ${groupDecimal(textAt(last, 'records'))} records, ${groupDecimal(textAt(last, 'differences'))} differences`
}
