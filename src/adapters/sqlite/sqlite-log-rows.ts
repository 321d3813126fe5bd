import type { SQLOutputValue } from 'node:sqlite'
import type { StoredOffset, StoredSubscription } from '../in-process/log-storage.ts'
import type { TopicSpec } from '../../ports/log.ts'

export type Row = Record<string, SQLOutputValue>

export type TopicRow = Readonly<{ number: number; id: string; spec: TopicSpec }>
export type ChunkRow = Readonly<{ from: number; next: number; timestampMs: number }>

// The tables are STRICT, so a column that is not what it should be is a bug here, never bad data.

export function integer(row: Row | undefined, column: string): number {
  const value = row?.[column]
  if (typeof value !== 'number') throw new TypeError(`column ${column} holds ${typeof value}, not an integer`)
  return value
}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`column ${column} holds ${typeof value}, not a text`)
  return value
}

export function blob(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${column} holds ${typeof value}, not a blob`)
  return value
}

export function topicRow(row: Row): TopicRow {
  const base = {
    name: text(row, 'name'),
    partitions: integer(row, 'partitions'),
    recordBytesMax: integer(row, 'record_bytes_max'),
  }
  const spec = row['retention_ms'] === null ? base : { ...base, retentionMs: integer(row, 'retention_ms') }
  return { number: integer(row, 'number'), id: text(row, 'id'), spec }
}

export function chunkRow(row: Row): ChunkRow {
  return {
    from: integer(row, 'first_offset'),
    next: integer(row, 'next_offset'),
    timestampMs: integer(row, 'timestamp_ms'),
  }
}

export function offsetRow(row: Row): StoredOffset {
  return {
    group: text(row, 'group_name'),
    topicId: text(row, 'topic_id'),
    partition: integer(row, 'partition'),
    offset: integer(row, 'next_offset'),
  }
}

export function subscriptionRow(row: Row): StoredSubscription {
  const topics: unknown = JSON.parse(text(row, 'topics'))
  const names = Array.isArray(topics) ? topics.filter((topic) => typeof topic === 'string') : []
  return { group: text(row, 'group_name'), topics: names }
}
