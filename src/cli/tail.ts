import { setTimeout } from 'node:timers/promises'
import { Command } from 'commander'
import { OrdermillError } from '../errors.ts'
import { openReading, withWhere, type Reader, type WhereOptions } from './connection.ts'
import { listAt, parseDocument, textAt, type Document } from './document.ts'
import { onInterrupt } from './interrupt.ts'
import { jsonOption, positiveNumber, wholeNumber } from './options.ts'
import { print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { bytesText } from './record-text.ts'

type Options = WhereOptions &
  Readonly<{ json?: true; from?: number; fromBeginning?: true; limit?: number; follow: boolean }>

/** Where a partition is to be read on, and where it began and ended when the command began. */
type Cursor = {
  partition: number
  next: number
  begin: number
  end: number
  /** Nothing follows `next`, not even what an open transaction hides. */
  isAtEnd: boolean
}

const pageMax = 1_000
/** Printed of what is there already when neither --from, --from-beginning nor --limit says otherwise. */
const newestShown = 10
const pollMs = 250

export const tailCommand: CliCommand = (environment) =>
  withWhere(new Command('tail').description('Print the newest records of a topic, and new ones as they come'))
    .argument('<topic>')
    .option('--from <offset>', 'from this offset of every partition', wholeNumber)
    .option('--from-beginning', 'everything that the topic holds')
    .option('--limit <number>', 'stop after so many records', positiveNumber)
    .option('--no-follow', 'stop at the end instead of waiting for more')
    .addOption(jsonOption())
    .action(async (topic: string, options: Options) => {
      using interrupt = onInterrupt()
      await using api = await openReading(environment, options)
      await tail({ api, topic, options, signal: interrupt.signal })
    })

type Tail = Readonly<{ api: Reader; topic: string; options: Options; signal: AbortSignal }>

async function tail(run: Tail): Promise<void> {
  const { options, signal } = run
  const cursors = await startingPoints(run)
  let left = options.limit ?? Number.POSITIVE_INFINITY
  if (options.from === undefined && !options.fromBeginning) {
    left -= show(await readNewest(run, cursors), options)
  }
  const unread = () => (options.follow ? cursors : cursors.filter(({ isAtEnd }) => !isAtEnd))
  for (let open = unread(); open.length > 0 && left > 0 && !signal.aborted; open = unread()) {
    const places = open.map(({ next }) => next)
    const found = (await Promise.all(open.map((cursor) => readOn(run, cursor)))).flat().toSorted(byTime)
    left -= show(found.slice(0, left), options)
    // Where only markers of the log were, there may be records behind.
    const stands = open.every(({ next }, index) => next === places[index])
    if (stands && unread().length > 0) await setTimeout(pollMs, undefined, { signal }).catch(() => {})
  }
}

/** Returns how many it has printed. */
function show(records: readonly Document[], options: Options): number {
  if (records.length > 0) print(...records.map((record) => recordLine(record, options)))
  return records.length
}

/** The newest of all partitions: any of them may hold every one, so the newest of each are read. */
async function readNewest(run: Tail, cursors: readonly Cursor[]): Promise<readonly Document[]> {
  const count = newestCount(run.options)
  const found: Document[] = []
  for (const cursor of cursors) found.push(...(await newestOf(run, cursor, count)))
  return found.toSorted(byTime).slice(-count)
}

/** Offsets may have gaps, such as the log's own markers: where too few records were found, it is looked further back. */
async function newestOf(run: Tail, cursor: Cursor, count: number): Promise<readonly Document[]> {
  const { begin, end } = cursor
  for (let reach = count; ; reach *= 4) {
    cursor.next = Math.max(end - reach, begin)
    const isWhole = cursor.next === begin
    const found = await readToEnd(run, cursor)
    if (found.length >= count || isWhole || run.signal.aborted) return found
  }
}

async function readToEnd(run: Tail, cursor: Cursor): Promise<readonly Document[]> {
  const found: Document[] = []
  while (cursor.next < cursor.end && !run.signal.aborted) {
    const place = cursor.next
    found.push(...(await readOn(run, cursor)))
    if (cursor.next === place) break
  }
  return found
}

function newestCount({ limit = newestShown, follow }: Options): number {
  return follow ? Math.min(limit, newestShown) : limit
}

async function startingPoints({ api, topic, options }: Tail): Promise<readonly Cursor[]> {
  const topics = listAt(parseDocument(await api.get('/api/v1/topics')), 'items')
  const known = topics.find((candidate) => textAt(candidate, 'name') === topic)
  if (!known) throw unknownTopic(topic)
  return listAt(known, 'partitions').map((description) => {
    const begin = Number(textAt(description, 'begin'))
    const end = Number(textAt(description, 'end'))
    const next = options.fromBeginning ? begin : (options.from ?? end)
    return { partition: Number(textAt(description, 'partition')), next, begin, end, isAtEnd: false }
  })
}

function unknownTopic(topic: string): OrdermillError {
  return new OrdermillError('TOPIC_UNKNOWN', `there is no topic ${topic}: "ordermill topics" lists them`)
}

async function readOn({ api, topic, options }: Tail, cursor: Cursor): Promise<readonly Document[]> {
  const { partition, next: offset } = cursor
  const limit = Math.min(options.limit ?? pageMax, pageMax)
  const query = `partition=${partition}&offset=${offset}&limit=${limit}`
  const page = parseDocument(await api.get(`/api/v1/topics/${encodeURIComponent(topic)}/records?${query}`))
  cursor.next = Number(textAt(page, 'next_offset'))
  // A transaction that hides what was written after it ends, by its writer or by the broker's patience.
  cursor.isAtEnd = cursor.next === offset && page['blocked'] !== true
  return listAt(page, 'items')
}

function byTime(a: Document, b: Document): number {
  return textAt(a, 'logged_at') < textAt(b, 'logged_at') ? -1 : Number(textAt(a, 'logged_at') > textAt(b, 'logged_at'))
}

function recordLine(record: Document, { json }: Options): string {
  const place = { partition: Number(textAt(record, 'partition')), offset: Number(textAt(record, 'offset')) }
  if (json) return JSON.stringify({ ...record, ...place, ...shortBytes(record) })
  const key = bytesText(record, 'key')
  return `${place.partition}@${place.offset}  ${textAt(record, 'logged_at')}  ${key}  ${bytesText(record, 'value')}`
}

/** Text where the bytes are text, else null with their base64 beside: a reader of lines wants no second encoding. */
function shortBytes(record: Document) {
  const headers = listAt(record, 'headers').map((header) => [textAt(header, 'name'), bytesText(header, 'value')])
  return { ...textOrBase64(record, 'key'), ...textOrBase64(record, 'value'), headers }
}

function textOrBase64(record: Document, name: string): Readonly<Record<string, unknown>> {
  const bytes = record[name]
  if (typeof bytes !== 'object' || bytes === null || !('text' in bytes)) return { [name]: null }
  if (bytes.text !== null) return { [name]: bytes.text }
  return { [name]: null, [`${name}_base64`]: 'base64' in bytes ? bytes.base64 : '' }
}
