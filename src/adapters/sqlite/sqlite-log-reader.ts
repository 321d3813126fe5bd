import type { DatabaseSync } from 'node:sqlite'
import type { LogRecord } from '../../ports/log.ts'
import type { LogStorage, PartitionRef, RecordChunk, StoredPartition, StoredTopic } from '../in-process/log-storage.ts'
import type { ChunkCache } from './sqlite-log-cache.ts'
import { verifyChunk, type ChunkPart } from './sqlite-log-chunk.ts'
import { corruptChunk } from './sqlite-log-errors.ts'
import {
  blob,
  chunkRow,
  integer,
  offsetRow,
  subscriptionRow,
  topicRow,
  type ChunkRow,
  type TopicRow,
} from './sqlite-log-rows.ts'

/** The part of the storage that any connection can do. */
export type SqliteLogReader = Pick<LogStorage, 'load' | 'chunk' | 'firstOffsetSince'> & {
  /** The number that stands for a topic in the tables; undefined when it was deleted. */
  topicNumber: (topicId: string) => number | undefined
}

const ofPartition = 'FROM chunks WHERE topic = ? AND partition = ?'
const selectBounds = `SELECT first_offset, next_offset, timestamp_ms ${ofPartition}`

export function readSqliteLog(db: DatabaseSync, file: string, cache: ChunkCache): SqliteLogReader {
  const select = {
    topics: db.prepare('SELECT * FROM topics ORDER BY number'),
    topic: db.prepare('SELECT number FROM topics WHERE id = ?'),
    offsets: db.prepare(
      `SELECT group_name, topics.id AS topic_id, partition, next_offset
       FROM offsets JOIN topics ON topics.number = offsets.topic`,
    ),
    subscriptions: db.prepare('SELECT group_name, topics FROM subscriptions'),
    first: db.prepare(`${selectBounds} ORDER BY first_offset LIMIT 1`),
    last: db.prepare(`${selectBounds} ORDER BY first_offset DESC LIMIT 1`),
    upTo: db.prepare(`${selectBounds} AND first_offset <= ? ORDER BY first_offset DESC LIMIT 1`),
    after: db.prepare(`${selectBounds} AND first_offset > ? ORDER BY first_offset LIMIT 1`),
    payload: db.prepare(`SELECT payload, crc32 ${ofPartition} AND first_offset = ?`),
  }
  const numbers = new Map<string, number>()

  const topicNumber = (topicId: string): number | undefined => {
    const known = numbers.get(topicId)
    if (known !== undefined) return known
    const row = select.topic.get(topicId)
    if (row === undefined) return undefined
    numbers.set(topicId, integer(row, 'number'))
    return integer(row, 'number')
  }
  const storedPartition = (topic: number, partition: number): StoredPartition => {
    const first = select.first.get(topic, partition)
    const last = select.last.get(topic, partition)
    if (first === undefined || last === undefined) return { begin: 0, end: 0, timestampMs: 0 }
    const { next: end, timestampMs } = chunkRow(last)
    return { begin: integer(first, 'first_offset'), end, timestampMs }
  }
  const storedTopic = ({ number, id, spec }: TopicRow): StoredTopic => {
    const partitions = Array.from({ length: spec.partitions }, (_, partition) => storedPartition(number, partition))
    return { id, spec, partitions }
  }
  const boundsAt = (topic: number, partition: number, offset: number): ChunkRow | undefined => {
    const before = select.upTo.get(topic, partition, offset)
    if (before !== undefined && integer(before, 'next_offset') > offset) return chunkRow(before)
    const after = select.after.get(topic, partition, offset)
    return after === undefined ? undefined : chunkRow(after)
  }
  /** Halves the offsets, since log time never decreases; both marks are always where a chunk begins. */
  const chunkSince = (topic: number, partition: number, timestampMs: number): number => {
    const [first, last] = [select.first.get(topic, partition), select.last.get(topic, partition)]
    if (first === undefined || last === undefined) return 0
    let [low, high] = [integer(first, 'first_offset'), integer(last, 'first_offset')]
    while (low < high) {
      const middle = boundsAt(topic, partition, Math.floor((low + high) / 2))
      if (middle === undefined) return low
      if (middle.timestampMs >= timestampMs) high = middle.from
      else low = middle.next
    }
    return low
  }
  const recordsOf = (
    { topic, partition, part }: Readonly<{ topic: number; partition: PartitionRef; part: ChunkPart | undefined }>,
    bounds: ChunkRow,
  ): readonly LogRecord[] | undefined => {
    const key = chunkKey(topic, partition.partition, bounds.from)
    const cached = cache.get(key, partition, part)
    if (cached !== undefined) return cached
    const row = select.payload.get(topic, partition.partition, bounds.from)
    if (row === undefined) return undefined
    const bytes = blob(row, 'payload')
    const decoded = verifyChunk(partition, bounds, { bytes, checksum: integer(row, 'crc32') }, part)
    if (typeof decoded === 'string') throw corruptChunk(file, { ...partition, offset: bounds.from, why: decoded })
    cache.put(key, bytes, bounds.next - bounds.from, part === undefined ? decoded : undefined)
    return decoded
  }

  return {
    topicNumber,
    load: () =>
      atOneMoment(db, () => ({
        topics: select.topics.all().map(topicRow).map(storedTopic),
        offsets: select.offsets.all().map(offsetRow),
        subscriptions: select.subscriptions.all().map(subscriptionRow),
      })),
    chunk(partition, offset, recordsMax): RecordChunk | undefined {
      const topic = topicNumber(partition.topicId)
      const row = topic === undefined ? undefined : boundsAt(topic, partition.partition, offset)
      if (topic === undefined || row === undefined) return undefined
      const from = Math.max(offset - row.from, 0)
      const part = recordsMax === undefined ? undefined : { from, to: from + recordsMax }
      const records = recordsOf({ topic, partition, part }, row)
      const [first, last] = [records?.[0], records?.at(-1)]
      return records && first && last && { ...row, from: first.offset, next: last.offset + 1, records }
    },
    firstOffsetSince({ topicId, partition }, timestampMs) {
      const topic = topicNumber(topicId)
      return topic === undefined ? 0 : chunkSince(topic, partition, timestampMs)
    },
  }
}

/** The key of a chunk in the cache. It never stands for another chunk: topic numbers are not used again. */
export function chunkKey(topic: number, partition: number, from: number): string {
  return `${topic}/${partition}/${from}`
}

function atOneMoment<Result>(db: DatabaseSync, query: () => Result): Result {
  db.exec('BEGIN')
  try {
    return query()
  } finally {
    db.exec('ROLLBACK')
  }
}
