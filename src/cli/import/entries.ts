import { OrdermillError } from '../../errors.ts'
import type { Content } from './content.ts'
import { csvEntries, parseHeader } from './csv.ts'
import type { Entry } from './entry.ts'
import { isBlank, readLines, type Line, type Place } from './lines.ts'
import { ndjsonEntries } from './ndjson.ts'

export const importFormats = ['ndjson', 'csv'] as const
export type ImportFormat = (typeof importFormats)[number]

/** By the file's name, or else by its first character: NDJSON starts with a brace, a CSV header never does. */
export async function detectFormat(file: string, content: Content): Promise<ImportFormat> {
  const [, ending] = /\.(ndjson|jsonl|json|csv)(?:\.gz)?$/i.exec(file) ?? []
  if (ending !== undefined) return ending.toLowerCase() === 'csv' ? 'csv' : 'ndjson'
  const line = await firstLine(content)
  return line === undefined || line.bytes.toString('latin1').trimStart().startsWith('{') ? 'ndjson' : 'csv'
}

/** The content's lines from `place` on, as orders or refusals. */
export async function* readEntries(
  content: Content,
  format: ImportFormat,
  place: Place,
): AsyncGenerator<readonly Entry[]> {
  if (format === 'ndjson') yield* ndjsonEntriesOf(content, place)
  else yield* csvEntriesOf(content, place)
}

/** @throws {OrdermillError} RECORD_INVALID for an array over several lines, each of which would be refused */
async function* ndjsonEntriesOf(content: Content, place: Place): AsyncGenerator<readonly Entry[]> {
  const line = (await firstLine(content))?.bytes.toString('latin1').trim() ?? ''
  if (line.startsWith('[') && !line.endsWith(']')) {
    throw new OrdermillError(
      'RECORD_INVALID',
      'the file is a JSON array, and what is taken is one order a line: "jq -c .[] FILE" writes it that way',
    )
  }
  yield* ndjsonEntries(readLines(content.read(place.bytes), place))
}

async function* csvEntriesOf(content: Content, place: Place): AsyncGenerator<readonly Entry[]> {
  const header = await firstLine(content)
  if (!header) return
  const from = place.lines > 0 ? place : { bytes: header.end, lines: header.number }
  yield* csvEntries(readLines(content.read(from.bytes), from), parseHeader(header))
}

async function firstLine(content: Content): Promise<Line | undefined> {
  for await (const lines of readLines(content.read(0), { bytes: 0, lines: 0 })) {
    const found = lines.find(({ bytes }) => !isBlank(bytes))
    if (found) return found
  }
  return undefined
}
