import { Command, Option } from 'commander'
import { openReading, withWhere, type Reader, type WhereOptions } from './connection.ts'
import { documentAt, listAt, parseDocument, parsePlain, textAt, type Document } from './document.ts'
import { jsonOption, positiveNumber, time } from './options.ts'
import { note, print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { bytesText } from './record-text.ts'
import { redriveCommand } from './redrive.ts'
import { tableLines } from './table.ts'

type Filters = Readonly<{ group?: string; code?: string; from?: string; to?: string; order?: number; state?: string }>
type Options = WhereOptions & Filters & Readonly<{ json?: true; limit: number }>

const path = '/api/v1/dead-letters'
const pageMax = 1_000

export const deadLettersCommand: CliCommand = (environment, done) =>
  withWhere(new Command('dead-letters').description('List the records that a group refused, newest first, or show one'))
    .addCommand(redriveCommand(environment, done))
    .argument('[id]', 'show this one, with its key, value and headers')
    .option('--group <name>', 'only of this consumer group')
    .option('--code <code>', 'only with this error code')
    .option('--from <time>', 'only that were refused at this time or later, such as 2026-01-31T09:30:00Z', time)
    .option('--to <time>', 'only that were refused before this time', time)
    .option('--order <id>', 'only of the order with this id', positiveNumber)
    .addOption(new Option('--state <state>', 'only that were redriven, or were not').choices(['open', 'redriven']))
    .option('--limit <number>', 'list so many at most', positiveNumber, 50)
    .addOption(jsonOption())
    .action(async (id: string | undefined, options: Options) => {
      await using api = await openReading(environment, options)
      if (id === undefined) return await listLetters(api, options)
      const text = await api.get(`${path}/${encodeURIComponent(id)}`)
      print(...(options.json ? [text] : letterLines(parseDocument(text))))
    })

async function listLetters(api: Reader, options: Options): Promise<void> {
  const { items, cursor } = await readLetters(api, options)
  if (options.json) return print(JSON.stringify({ items, next_cursor: cursor ?? null }))
  print(
    ...tableLines(
      [
        { title: 'LOGGED', value: (letter) => textAt(letter, 'logged_at') },
        { title: 'GROUP', value: (letter) => textAt(letter, 'group') },
        { title: 'CODE', value: (letter) => textAt(letter, 'code') },
        { title: 'ID', value: (letter) => textAt(letter, 'id') },
        { title: 'ORDER', value: (letter) => textAt(letter, 'order_id'), align: 'right' },
        { title: 'MESSAGE', value: (letter) => textAt(letter, 'message') },
      ],
      items,
    ),
  )
  if (cursor !== undefined) note(`There are more: --limit ${options.limit * 10}`)
}

/** A page may hold fewer items than it could, so that only a missing cursor says that there are no more. */
async function readLetters(api: Reader, { limit, json, ...options }: Options) {
  const items: Document[] = []
  let cursor: string | undefined
  do {
    const query = new URLSearchParams({
      limit: `${Math.min(limit - items.length, pageMax)}`,
      ...filtersOf(options),
      ...(cursor === undefined ? {} : { cursor }),
    })
    const text = await api.get(`${path}?${query.toString()}`)
    const page = json ? parsePlain(text) : parseDocument(text)
    items.push(...listAt(page, 'items'))
    cursor = textAt(page, 'next_cursor') || undefined
  } while (cursor !== undefined && items.length < limit)
  return { items, cursor }
}

/** As the API names them. */
function filtersOf({ group, code, from, to, order, state }: Filters): Record<string, string> {
  const filters = { group, code, from, to, order_id: order === undefined ? undefined : `${order}`, state }
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) given[name] = value
  return given
}

function letterLines(letter: Document): readonly string[] {
  const record = documentAt(letter, 'record')
  const place = (name: string) =>
    `${textAt(letter, `${name}topic`)}/${textAt(letter, `${name}partition`)}@${textAt(letter, `${name}offset`)}`
  return [
    `Refused   ${textAt(letter, 'code')}: ${textAt(letter, 'message')}`,
    `By        ${textAt(letter, 'group')}, at the stage ${textAt(letter, 'stage')}, ${textAt(letter, 'first_failed_at')}`,
    `Record    ${place('')}`,
    `Letter    ${place('letter.')}`,
    ...listAt(letter, 'issues').map(
      (issue) => `At        ${textAt(issue, 'pointer') || 'the whole'} ${textAt(issue, 'message')}`,
    ),
    ...listAt(record, 'headers').map((header) => `Header    ${textAt(header, 'name')}: ${bytesText(header, 'value')}`),
    `Key       ${bytesText(record, 'key')}`,
    `Value     ${bytesText(record, 'value')}`,
  ]
}
