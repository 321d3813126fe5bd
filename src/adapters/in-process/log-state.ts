import type { TopicSpec } from '../../ports/log.ts'
import { unknownPartition, unknownTopic } from '../../ports/log-errors.ts'
import type { LogChange, PartitionRef, StoredLog, StoredOffset, StoredTopic } from './log-storage.ts'

/** One object for as long as the partition exists, so it serves as its key. A topic made again has new ones. */
export type PartitionState = PartitionRef & { begin: number; end: number; timestampMs: number }

export type TopicState = {
  readonly id: string
  readonly spec: TopicSpec
  readonly partitions: readonly PartitionState[]
}

/** What the storage holds, apart from records. */
export type LogState = Readonly<{
  topics: Map<string, TopicState>
  committed: Map<string, Map<PartitionState, number>>
  subscriptions: Map<string, readonly string[]>
}>

export function stateOf(stored: StoredLog): LogState {
  const state: LogState = { topics: new Map(), committed: new Map(), subscriptions: new Map() }
  for (const topic of stored.topics) state.topics.set(topic.spec.name, topicState(topic))
  setOffsets(state, stored.offsets)
  for (const { group, topics } of stored.subscriptions) state.subscriptions.set(group, topics)
  return state
}

function topicState({ id, spec, partitions }: StoredTopic): TopicState {
  const states = partitions.map((stored, partition) => ({ topic: spec.name, topicId: id, partition, ...stored }))
  return { id, spec, partitions: states }
}

/** Follows a change that the storage has written. */
export function applyChange(state: LogState, change: LogChange): void {
  for (const topic of change.deletedTopics ?? []) forgetTopic(state, topic.name)
  for (const { id, spec } of change.createdTopics ?? []) {
    const partitions = Array.from({ length: spec.partitions }, () => ({ begin: 0, end: 0, timestampMs: 0 }))
    state.topics.set(spec.name, topicState({ id, spec, partitions }))
  }
  for (const { partition, timestampMs, records } of change.appends ?? []) {
    const known = partitionOf(state, partition.topic, partition.partition)
    known.end += records.length
    known.timestampMs = timestampMs
  }
  for (const { partition, begin } of change.removals ?? []) {
    partitionOf(state, partition.topic, partition.partition).begin = begin
  }
  setOffsets(state, change.offsets ?? [])
  for (const { group, topics } of change.subscriptions ?? []) state.subscriptions.set(group, topics)
}

function forgetTopic(state: LogState, name: string): void {
  const partitions = state.topics.get(name)?.partitions ?? []
  for (const offsets of state.committed.values()) for (const partition of partitions) offsets.delete(partition)
  state.topics.delete(name)
}

function setOffsets(state: LogState, offsets: readonly StoredOffset[]): void {
  const partitionsById = new Map([...state.topics.values()].map(({ id, partitions }) => [id, partitions]))
  for (const { group, topicId, partition, offset } of offsets) {
    const known = partitionsById.get(topicId)?.[partition]
    if (known === undefined) continue
    const committed = state.committed.get(group) ?? new Map<PartitionState, number>()
    state.committed.set(group, committed.set(known, offset))
  }
}

export function topicOf(state: LogState, topic: string): TopicState {
  const known = state.topics.get(topic)
  if (known === undefined) throw unknownTopic(topic)
  return known
}

export function partitionOf(state: LogState, topic: string, partition: number): PartitionState {
  const { partitions } = topicOf(state, topic)
  const known = partitions[partition]
  if (known === undefined) throw unknownPartition(topic, partition, partitions.length)
  return known
}

export function committedOf(state: LogState, group: string, partition: PartitionState): number | undefined {
  return state.committed.get(group)?.get(partition)
}
