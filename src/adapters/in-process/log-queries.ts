import type { LogRecord, PartitionLag, ReadRange, TopicDescription } from '../../ports/log.ts'
import { committedOf, partitionOf, type LogState, type PartitionState } from './log-state.ts'
import type { LogStorage } from './log-storage.ts'
import { readRecords } from './read-records.ts'

export function readRange(
  storage: LogStorage,
  state: LogState,
  { topic, partition, offset, recordsMax, bytesMax }: ReadRange,
): Readonly<{ records: readonly LogRecord[]; next: number }> {
  const known = partitionOf(state, topic, partition)
  const limits = { recordsMax, bytesMax, firstBytesMax: Number.POSITIVE_INFINITY, isShared: false }
  const { records } = readRecords(storage, known, { offset, end: known.end }, limits)
  const last = records.at(-1)
  return { records, next: last === undefined ? offset : last.offset + 1 }
}

export function offsetAt(
  storage: LogStorage,
  state: LogState,
  { topic, partition }: Readonly<{ topic: string; partition: number }>,
  timestampMs: number,
): number {
  const known = partitionOf(state, topic, partition)
  return timestampMs > known.timestampMs ? known.end : storage.firstOffsetSince(known, timestampMs)
}

export function describeTopics(state: LogState): readonly TopicDescription[] {
  return [...state.topics.values()].map(({ id, spec, partitions }) => ({
    name: spec.name,
    id,
    partitions: partitions.map(({ partition, begin, end }) => ({ partition, begin, end })),
  }))
}

export function groupNames(state: LogState): readonly string[] {
  const names = new Set(state.subscriptions.keys())
  for (const [group, offsets] of state.committed) if (offsets.size > 0) names.add(group)
  return [...names].toSorted()
}

export function groupLag(storage: LogStorage, state: LogState, group: string): readonly PartitionLag[] {
  const subscribed = new Set(state.subscriptions.get(group))
  const all = [...state.topics.values()].flatMap(({ partitions }) => partitions)
  return all
    .filter((partition) => subscribed.has(partition.topic) || committedOf(state, group, partition) !== undefined)
    .map((partition) => lagOf(storage, partition, committedOf(state, group, partition) ?? null))
}

function lagOf(storage: LogStorage, partition: PartitionState, committed: number | null): PartitionLag {
  const { topic, begin, end } = partition
  const position = Math.max(committed ?? begin, begin)
  return {
    topic,
    partition: partition.partition,
    committed,
    begin,
    end,
    lagRecords: Math.max(end - position, 0),
    nextTimestampMs: position < end ? (storage.chunk(partition, position, 1)?.timestampMs ?? null) : null,
  }
}
