import { OrdermillError } from '../../errors.ts'
import type { LogRecord, NewRecord, TopicSpec } from '../../ports/log.ts'
import type {
  LogChange,
  LogStorage,
  PartitionAppend,
  PartitionRef,
  RecordChunk,
  StoredLog,
  StoredOffset,
} from '../in-process/log-storage.ts'

/** A disk, as it were: what is in it outlives the log that is attached to it. */
export type MemoryLogStorage = Readonly<{
  /** The storage for a new log. Whatever was attached before can write no more, like a process that was killed. */
  attach: () => LogStorage
}>

type Topic = Readonly<{ id: string; spec: TopicSpec; partitions: readonly RecordChunk[][] }>
type Disk = Readonly<{
  topics: Map<string, Topic>
  offsets: Map<string, StoredOffset>
  subscriptions: Map<string, readonly string[]>
}>

export function openMemoryLogStorage(): MemoryLogStorage {
  const disk: Disk = { topics: new Map(), offsets: new Map(), subscriptions: new Map() }
  let attached = {}
  return {
    attach: () => {
      const handle = {}
      attached = handle
      const check = (): void => {
        if (attached !== handle) throw detached()
      }
      return {
        load: () => storedLog(disk),
        write: (change) => {
          check()
          writeChange(disk, change)
        },
        chunk: (partition, offset) => chunksOf(disk, partition)[indexOfChunk(chunksOf(disk, partition), offset)],
        firstOffsetSince: (partition, timestampMs) => firstOffsetSince(chunksOf(disk, partition), timestampMs),
        close: () => {
          if (attached === handle) attached = {}
        },
      }
    },
  }
}

function detached(): OrdermillError {
  return new OrdermillError('LOG_UNAVAILABLE', 'This log was closed, or its storage opened by another: open it again.')
}

function storedLog({ topics, offsets, subscriptions }: Disk): StoredLog {
  return {
    topics: Array.from(topics.values(), ({ id, spec, partitions }) => ({
      id,
      spec,
      partitions: partitions.map((chunks) => ({
        begin: chunks[0]?.from ?? 0,
        end: chunks.at(-1)?.next ?? 0,
        timestampMs: chunks.at(-1)?.timestampMs ?? 0,
      })),
    })),
    offsets: [...offsets.values()],
    subscriptions: Array.from(subscriptions, ([group, names]) => ({ group, topics: names })),
  }
}

function writeChange(disk: Disk, change: LogChange): void {
  for (const { id } of change.deletedTopics ?? []) {
    disk.topics.delete(id)
    for (const [key, { topicId }] of disk.offsets) if (topicId === id) disk.offsets.delete(key)
  }
  for (const { id, spec } of change.createdTopics ?? []) {
    disk.topics.set(id, { id, spec, partitions: Array.from({ length: spec.partitions }, () => []) })
  }
  for (const append of change.appends ?? []) chunksOf(disk, append.partition).push(chunkOf(append))
  for (const { partition, begin } of change.removals ?? []) {
    const chunks = chunksOf(disk, partition)
    chunks.splice(0, indexOfChunk(chunks, begin))
  }
  for (const offset of change.offsets ?? []) {
    disk.offsets.set(JSON.stringify([offset.group, offset.topicId, offset.partition]), offset)
  }
  for (const { group, topics } of change.subscriptions ?? []) disk.subscriptions.set(group, topics)
}

function chunksOf({ topics }: Disk, { topicId, partition }: PartitionRef): RecordChunk[] {
  return topics.get(topicId)?.partitions[partition] ?? []
}

function chunkOf({ partition, from, timestampMs, records }: PartitionAppend): RecordChunk {
  const stored = records.map((record, index) => storedRecord(partition, from + index, timestampMs, record))
  return { from, next: from + records.length, timestampMs, records: stored }
}

function storedRecord(
  { topic, topicId, partition }: PartitionRef,
  offset: number,
  timestampMs: number,
  { key, value, headers = [] }: NewRecord,
): LogRecord {
  return {
    topic,
    topicId,
    partition,
    offset,
    timestampMs,
    key: key === null ? null : new Uint8Array(key),
    value: value === null ? null : new Uint8Array(value),
    headers: headers.map(([name, content]) => [name, new Uint8Array(content)]),
  }
}

/** Of the chunk that holds `offset`, or else of the first one after it. */
function indexOfChunk(chunks: readonly RecordChunk[], offset: number): number {
  let low = 0
  let high = chunks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((chunks[middle]?.next ?? 0) > offset) high = middle
    else low = middle + 1
  }
  return low
}

function firstOffsetSince(chunks: readonly RecordChunk[], timestampMs: number): number {
  return (chunks.find((chunk) => chunk.timestampMs >= timestampMs) ?? chunks.at(-1))?.from ?? 0
}
