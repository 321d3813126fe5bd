import { parse } from 'csv-parse/sync'
import { bytesOf, textOf } from '../../codec/bytes.ts'
import { OrdermillError } from '../../errors.ts'
import { entryOf, placeOf, refusedEntry, tooLongEntry, type Entry } from './entry.ts'
import { isBlank, lineBytesMax, withoutCarriageReturn, type Line } from './lines.ts'

/**
 * Orders of a CSV file (RFC 4180) below its header row.
 *
 * Records are found by their quotes and read by csv-parse, many at a time. Where several lines make no record, only the
 * first of them is refused and reading goes on with the next: one quote that is missing never swallows other orders.
 */
export async function* csvEntries(
  content: AsyncIterable<readonly Line[]>,
  columns: readonly string[],
): AsyncGenerator<readonly Entry[]> {
  const reading: Reading = { queue: [], columns, toEntry: entryMaker(columns) }
  for await (const lines of content) {
    for (const line of lines) reading.queue.push(countQuotes(line))
    yield takeEntries(reading, false)
  }
  yield takeEntries(reading, true)
}

/** The header row. @throws {OrdermillError} RECORD_INVALID when a column is missing, there twice, or has no name */
export function parseHeader(line: Line): readonly string[] {
  const [columns = []] = parseRows(headerText(line)) ?? []
  const names = columns.map((name) => name.trim())
  const missing = requiredColumns.filter((name) => !names.includes(name))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (missing.length > 0) throw badHeader(`it lacks ${missing.join(', ')}`)
  if (names.includes('')) throw badHeader('a column has no name')
  if (twice !== undefined) throw badHeader(`${twice} is there twice`)
  return names
}

function headerText({ bytes }: Line): string {
  try {
    return textOf(withoutCarriageReturn(bytes))
  } catch {
    throw badHeader('it is not UTF-8')
  }
}

const requiredColumns = ['order_id', 'customer_id', 'amount', 'currency', 'country', 'status', 'created_at']

function badHeader(why: string): OrdermillError {
  return new OrdermillError(
    'RECORD_INVALID',
    `the first line is no header of a CSV file of orders: ${why}; columns are separated by commas, and --format ndjson is for JSON lines`,
  )
}

type QuotedLine = Line & Readonly<{ hasOddQuotes: boolean }>

const quote = 0x22

function countQuotes(line: Line): QuotedLine {
  let isOdd = false
  for (let at = line.bytes.indexOf(quote); at !== -1; at = line.bytes.indexOf(quote, at + 1)) isOdd = !isOdd
  return { ...line, hasOddQuotes: isOdd }
}

/** Lines of the queue from `from` to before `to` that make a record, if they are one. */
type Candidate = Readonly<{ lines: readonly QuotedLine[]; from: number; to: number }>
type ToEntry = (candidate: Candidate, fields: readonly string[] | undefined) => Entry | undefined

type Reading = Readonly<{ queue: QuotedLine[]; columns: readonly string[]; toEntry: ToEntry }>

/** Takes every record that is complete off the queue. */
function takeEntries({ queue, columns, toEntry }: Reading, isEnd: boolean): readonly Entry[] {
  const entries: Entry[] = []
  let at = 0
  for (let candidates = assemble(queue, at, isEnd); candidates.length > 0; candidates = assemble(queue, at, isEnd)) {
    const rows = parseTogether(candidates)
    for (const [index, candidate] of candidates.entries()) {
      const { lines, from, to } = candidate
      const [line] = lines
      at = to
      if (!line || isBlankRecord(lines)) continue
      const fields = rows ? rows[index] : parseAlone(candidate)
      const entry = toEntry(candidate, fields)
      if (entry) entries.push(entry)
      else {
        entries.push(unreadable(line, fields, columns))
        at = from + 1
        // The lines behind it belong together in another way now.
        if (to > at) break
      }
    }
  }
  queue.splice(0, at)
  return entries
}

function assemble(queue: readonly QuotedLine[], start: number, isEnd: boolean): readonly Candidate[] {
  const candidates: Candidate[] = []
  for (let from = start; from < queue.length;) {
    const to = endOfRecord(queue, from, isEnd)
    if (to === undefined) break
    candidates.push({ lines: queue.slice(from, to), from, to })
    from = to
  }
  return candidates
}

/** An order has no field with more lines than this; bounds how far is looked for a quote that is missing. */
const recordLinesMax = 1_000

/** Undefined when more lines are needed. A quote that is never closed leaves the line alone, which can't be read then. */
function endOfRecord(queue: readonly QuotedLine[], from: number, isEnd: boolean): number | undefined {
  let isOpen = false
  let bytes = 0
  for (let index = from; index < queue.length && index < from + recordLinesMax; index += 1) {
    const line = queue[index]
    bytes += line?.bytes.length ?? 0
    if (line?.isTooLong || bytes > lineBytesMax) return from + 1
    if (line?.hasOddQuotes) isOpen = !isOpen
    if (!isOpen) return index + 1
  }
  return isEnd || queue.length - from >= recordLinesMax ? from + 1 : undefined
}

function isBlankRecord(lines: readonly Line[]): boolean {
  return lines.length === 1 && lines.every(({ bytes, isTooLong }) => !isTooLong && isBlank(bytes))
}

function parseTogether(candidates: readonly Candidate[]): readonly (readonly string[])[] | undefined {
  const texts = candidates.map(textOfCandidate)
  if (texts.some((text) => text === undefined || text === '')) return undefined
  const rows = parseRows(texts.join('\n'))
  return rows?.length === candidates.length ? rows : undefined
}

function parseAlone(candidate: Candidate): readonly string[] | undefined {
  const text = textOfCandidate(candidate)
  const rows = text === undefined ? undefined : parseRows(text)
  return rows?.length === 1 ? rows[0] : undefined
}

function textOfCandidate({ lines }: Candidate): string | undefined {
  try {
    const texts = lines.map(({ bytes }) => textOf(bytes))
    return texts.join('\n').replace(/\r$/, '')
  } catch (error) {
    if (error instanceof OrdermillError) return undefined
    throw error
  }
}

function parseRows(text: string): readonly (readonly string[])[] | undefined {
  try {
    return parse(text, { record_delimiter: '\n', relax_column_count: true })
  } catch {
    return undefined
  }
}

function unreadable(line: QuotedLine, fields: readonly string[] | undefined, columns: readonly string[]): Entry {
  if (line.isTooLong) return tooLongEntry(line)
  const why = fields
    ? `it has ${fields.length} fields, the header ${columns.length}`
    : 'its quotes or its UTF-8 are wrong'
  const error = new OrdermillError('RECORD_INVALID', `the line can’t be read as CSV: ${why}`)
  return refusedEntry(placeOf(line), line.bytes, error)
}

const numberColumns: ReadonlySet<string> = new Set(['order_id', 'customer_id', 'amount'])
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

/** Writes the JSON text itself: digits stay as they are, and a column named `__proto__` is a member like any other. */
function entryMaker(columns: readonly string[]): ToEntry {
  const members = columns.map((name) => ({
    prefix: `${JSON.stringify(name)}:`,
    isNumber: numberColumns.has(name),
    isOptional: name === 'source',
  }))
  return ({ lines }, fields) => {
    const [first] = lines
    const last = lines.at(-1)
    if (!first || !last || first.isTooLong || fields?.length !== columns.length) return undefined
    const texts: string[] = []
    for (const [index, { prefix, isNumber, isOptional }] of members.entries()) {
      const field = fields[index] ?? ''
      if (isOptional && field === '') continue
      texts.push(prefix + (isNumber && jsonNumber.test(field) ? field : JSON.stringify(field)))
    }
    const where = { line: first.number, lines: last.number, end: last.end }
    const source = lines.length === 1 ? first.bytes : Buffer.concat(lines.flatMap(({ bytes }) => [bytes, newline]))
    return entryOf(where, bytesOf(`{${texts.join(',')}}`), source)
  }
}

const newline = Buffer.from('\n')
