import { Command } from 'commander'
import { openReading, withWhere, type Reader, type WhereOptions } from './connection.ts'
import { listAt, parseDocument, parsePlain, textAt, type Document } from './document.ts'
import { jsonOption, positiveNumber } from './options.ts'
import { note, print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { tableLines } from './table.ts'

type Options = WhereOptions & Readonly<{ limit: number; json?: true }>

const pageMax = 1_000

export const auditCommand: CliCommand = (environment) =>
  withWhere(new Command('audit').description('List every change that somebody made, newest first'))
    .option('--limit <number>', 'list so many at most', positiveNumber, 50)
    .addOption(jsonOption())
    .action(async (options: Options) => {
      await using api = await openReading(environment, options)
      const { items, cursor } = await readEntries(api, options)
      if (options.json) return print(JSON.stringify({ items, next_cursor: cursor ?? null }))
      print(...entryLines(items))
      if (cursor !== undefined) note(`There are more: --limit ${options.limit * 10}`)
    })

/** A page may hold fewer entries than it could, so that only a missing cursor says that there are no more. */
async function readEntries(api: Reader, { limit, json }: Options) {
  const items: Document[] = []
  let cursor: string | undefined
  do {
    const query = new URLSearchParams({
      limit: `${Math.min(limit - items.length, pageMax)}`,
      ...(cursor === undefined ? {} : { cursor }),
    })
    const text = await api.get(`/api/v1/audit?${query.toString()}`)
    const page = json ? parsePlain(text) : parseDocument(text)
    items.push(...listAt(page, 'items'))
    cursor = textAt(page, 'next_cursor') || undefined
  } while (cursor !== undefined && items.length < limit)
  return { items, cursor }
}

function entryLines(entries: readonly Document[]): readonly string[] {
  return tableLines(
    [
      { title: 'AT', value: (entry) => textAt(entry, 'at') },
      { title: 'WHO', value: (entry) => textAt(entry, 'principal') },
      { title: 'ACTION', value: (entry) => textAt(entry, 'action') },
      { title: 'TARGET', value: (entry) => textAt(entry, 'target') },
      { title: 'FROM', value: (entry) => textAt(entry, 'from') },
      { title: 'TO', value: (entry) => textAt(entry, 'to') },
      { title: 'JOB', value: (entry) => textAt(entry, 'job') },
    ],
    entries,
  )
}
