import { Command, Option } from 'commander'
import { OrdermillError } from '../errors.ts'
import type { Environment } from './cli-command.ts'
import { openOperating, withWhere, type WhereOptions } from './connection.ts'
import { listAt, parseDocument, textAt, type Document } from './document.ts'
import { jsonOption, time, wholeNumber } from './options.ts'
import { note, print } from './output.ts'
import { tableLines } from './table.ts'

type Options = WhereOptions &
  Readonly<{
    topic?: string
    partition?: number
    offset?: number
    time?: string
    to?: string
    dryRun?: true
    json?: true
  }>

export function groupsSeekCommand(environment: Environment): Command {
  return withWhere(new Command('seek').description('Move a group, and say what that skips or repeats'))
    .argument('<group>', 'such as fraud-group')
    .option('--topic <name>', 'only partitions of this topic; all that the group reads when left out')
    .option('--partition <number>', 'only this partition of the topic', wholeNumber)
    .option('--offset <number>', 'to this offset of the one partition', wholeNumber)
    .option('--time <time>', 'to the first record logged then or later, such as 2026-01-31T09:30:00Z', time)
    .addOption(new Option('--to <edge>', 'to the beginning or the end').choices(['beginning', 'end']))
    .option('--dry-run', 'only say what it would do')
    .addOption(jsonOption())
    .action(async (group: string, _options: Options, command: Command) => {
      // "groups" has the same options, and takes them wherever they stand.
      const { json, dryRun, topic, partition, offset, time: at, to, ...where } = command.optsWithGlobals<Options>()
      if ([offset, at, to].filter((target) => target !== undefined).length !== 1) throw unclearTarget()
      const api = openOperating(environment, where)
      const path = `/api/v1/groups/${encodeURIComponent(group)}/seek`
      const body = { topic, partition, offset, time: at, to }
      const text = await api.post(dryRun ? `${path}/preview` : path, body)
      if (json) return print(text)
      print(...seekLines(parseDocument(text)))
      note(dryRun ? 'nothing was moved (--dry-run)' : `${group} was moved`)
    })
}

function unclearTarget(): OrdermillError {
  return new OrdermillError('USAGE', 'say where to move it, by one of --offset, --time and --to')
}

function seekLines(plan: Document): readonly string[] {
  const number = (name: string) => ({
    title: name.toUpperCase(),
    value: (row: Document) => textAt(row, name),
    align: 'right' as const,
  })
  return [
    ...tableLines(
      [
        { title: 'TOPIC', value: (row) => textAt(row, 'topic') },
        ...['partition', 'from', 'to', 'skips', 'repeats'].map(number),
      ],
      listAt(plan, 'partitions'),
    ),
    ...effectLines(plan['effects']),
  ]
}

function effectLines(effects: unknown): readonly string[] {
  if (!Array.isArray(effects) || effects.length === 0) return ['', 'Nothing is skipped or repeated.']
  return ['', ...effects.map(String)]
}
