import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { OrdermillError } from '../../errors.ts'
import type { LogChange, LogStorage, PartitionAppend, PartitionRef } from '../in-process/log-storage.ts'
import type { ChunkCache } from './sqlite-log-cache.ts'
import { chunkLength, encodeChunk } from './sqlite-log-chunk.ts'
import { chunkKey, type SqliteLogReader } from './sqlite-log-reader.ts'
import { integer } from './sqlite-log-rows.ts'

/** A chunk is read and decoded as a whole: large enough to be cheap, small enough that a reader of one record can wait. */
const chunkRecordsMax = 1_000
const chunkBytesMax = 256 * 1024

type Deps = Readonly<{ db: DatabaseSync; file: string; cache: ChunkCache; topicNumber: SqliteLogReader['topicNumber'] }>
type NewChunk = Readonly<{ key: string; bytes: Uint8Array; count: number }>

/** The one writer of the file: opening another fences this one. */
export function writeSqliteLog({ db, file, cache, topicNumber }: Deps): LogStorage['write'] {
  db.exec('UPDATE writer SET epoch = epoch + 1')
  const selectEpoch = db.prepare('SELECT epoch FROM writer')
  const epoch = integer(selectEpoch.get(), 'epoch')
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const insertChunk = db.prepare(
    `INSERT INTO chunks (topic, partition, first_offset, next_offset, timestamp_ms, crc32, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const upsertOffset = db.prepare(
    `INSERT INTO offsets (group_name, topic, partition, next_offset) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset`,
  )
  const deleteBelow = db.prepare('DELETE FROM chunks WHERE topic = ? AND partition = ? AND first_offset < ?')
  const upsertSubscription = db.prepare(
    'INSERT INTO subscriptions (group_name, topics) VALUES (?, ?) ON CONFLICT DO UPDATE SET topics = excluded.topics',
  )

  const numberOf = (topicId: string): number => {
    const number = topicNumber(topicId)
    if (number === undefined) throw new RangeError(`the log's file has no topic with the id ${topicId}`)
    return number
  }
  const insertChunks = ({ partition, from, timestampMs, records }: PartitionAppend): readonly NewChunk[] => {
    const topic = numberOf(partition.topicId)
    const chunks: NewChunk[] = []
    for (let start = 0; start < records.length;) {
      const count = chunkLength(records, start, { recordsMax: chunkRecordsMax, bytesMax: chunkBytesMax })
      const first = from + start
      const bytes = encodeChunk({ from: first, timestampMs }, records.slice(start, start + count))
      insertChunk.run(topic, partition.partition, first, first + count, timestampMs, crc32(bytes), bytes)
      chunks.push({ key: chunkKey(topic, partition.partition, first), bytes, count })
      start += count
    }
    return chunks
  }
  const removeBelow = ({ topicId, partition }: PartitionRef, offset: number): void => {
    deleteBelow.run(numberOf(topicId), partition, offset)
  }
  const apply = (change: LogChange): readonly NewChunk[] => {
    if (integer(selectEpoch.get(), 'epoch') !== epoch) throw fencedWriter(file)
    changeTopics(db, change, numberOf)
    const chunks = (change.appends ?? []).flatMap(insertChunks)
    for (const { partition, begin: offset } of change.removals ?? []) removeBelow(partition, offset)
    for (const { group, topicId, partition, offset } of change.offsets ?? []) {
      upsertOffset.run(group, numberOf(topicId), partition, offset)
    }
    for (const { group, topics } of change.subscriptions ?? []) upsertSubscription.run(group, JSON.stringify(topics))
    return chunks
  }

  return (change) => {
    begin.run()
    let chunks: readonly NewChunk[]
    try {
      chunks = apply(change)
      commit.run()
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
    for (const { key, bytes, count } of chunks) cache.put(key, bytes, count)
  }
}

/** Rare, so its statements are not kept. */
function changeTopics(db: DatabaseSync, change: LogChange, numberOf: (topicId: string) => number): void {
  for (const { id } of change.deletedTopics ?? []) {
    const number = numberOf(id)
    db.prepare('DELETE FROM chunks WHERE topic = ?').run(number)
    db.prepare('DELETE FROM offsets WHERE topic = ?').run(number)
    db.prepare('DELETE FROM topics WHERE number = ?').run(number)
  }
  for (const { id, spec } of change.createdTopics ?? []) {
    db.prepare('INSERT INTO topics (id, name, partitions, retention_ms, record_bytes_max) VALUES (?, ?, ?, ?, ?)').run(
      id,
      spec.name,
      spec.partitions,
      spec.retentionMs ?? null,
      spec.recordBytesMax,
    )
  }
}

function fencedWriter(file: string): OrdermillError {
  const what = `The log ${file} was opened for writing by another process, which makes this one's knowledge of it stale`
  return new OrdermillError('DATA_DIR_LOCKED', `${what}: stop one of the two.`)
}
