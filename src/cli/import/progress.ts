import { bytesOf } from '../../codec/bytes.ts'
import { importsTopic } from '../../compose/topics.ts'
import { parseDocument, textAt } from '../document.ts'
import type { Chunk } from './chunks.ts'
import type { ImportFormat } from './entries.ts'
import type { Place } from './lines.ts'

/** How far a file is imported. It is appended together with the orders that it counts. */
export type ImportProgress = Readonly<{ end: Place; good: number; bad: number; isDone: boolean }>

/** What makes an import the same one: content, how it is read, and the topic, which has another id when made again. */
export type ImportId = Readonly<{ sha256: string; format: ImportFormat; topicId: string }>

const noProgress: ImportProgress = { end: { bytes: 0, lines: 0 }, good: 0, bad: 0, isDone: false }

export function addChunk({ good, bad }: ImportProgress, { end, orders, refused }: Chunk): ImportProgress {
  return { end, good: good + orders.length, bad: bad + refused.length, isDone: false }
}

export function progressRecord({ sha256, format, topicId }: ImportId, { end, good, bad, isDone }: ImportProgress) {
  const value = { format, topic_id: topicId, bytes: end.bytes, lines: end.lines, good, bad, done: isDone }
  return { topic: importsTopic, key: bytesOf(sha256), value: bytesOf(JSON.stringify(value)) }
}

type ImportRecord = Readonly<{ key: string; value: string }>

/** Key and value of records from an offset on; `next` is where to go on. */
export type BrowseImports = Readonly<{
  begin: number
  end: number
  read: (offset: number, limit: number) => Promise<Readonly<{ records: readonly ImportRecord[]; next: number }>>
}>

const pageRecords = 500

/** The newest progress of an import; it is looked for from the end, where an import that was cut off has left it. */
export async function findProgress(browse: BrowseImports, id: ImportId): Promise<ImportProgress> {
  for (let end = browse.end; end > browse.begin;) {
    const from = Math.max(end - pageRecords, browse.begin)
    const records = await readRange(browse, from, end)
    const found = records.map((record) => progressOf(record, id)).findLast((progress) => progress !== undefined)
    if (found) return found
    end = from
  }
  return noProgress
}

/** A page may hold fewer records than asked for although there are more. */
async function readRange({ read }: BrowseImports, from: number, end: number): Promise<readonly ImportRecord[]> {
  const found: ImportRecord[] = []
  for (let offset = from; offset < end;) {
    const { records, next } = await read(offset, end - offset)
    found.push(...records)
    if (next <= offset) break
    offset = next
  }
  return found
}

function progressOf(record: ImportRecord, id: ImportId): ImportProgress | undefined {
  if (record.key !== id.sha256) return undefined
  const value = parseDocument(record.value)
  if (textAt(value, 'format') !== id.format || textAt(value, 'topic_id') !== id.topicId) return undefined
  const number = (name: string): number => Number(textAt(value, name))
  return {
    end: { bytes: number('bytes'), lines: number('lines') },
    good: number('good'),
    bad: number('bad'),
    isDone: value['done'] === true,
  }
}
