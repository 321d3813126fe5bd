import { partitionOfKey } from '../../domain/partitioner.ts'
import type { LogPosition, NewRecord } from '../../ports/log.ts'
import { recordTooLarge, unknownPartition } from '../../ports/log-errors.ts'
import { topicOf, type LogState, type PartitionState, type TopicState } from './log-state.ts'
import type { LogChange, StoredOffset, StoredSubscription } from './log-storage.ts'
import { recordBytes } from './record-bytes.ts'

/** What the writes of one transaction add up to. Each of them throws before it adds anything, or is in as a whole. */
export type LogDraft = Readonly<{
  append: (records: readonly NewRecord[]) => readonly LogPosition[]
  setOffset: (offset: StoredOffset) => void
  subscribe: (subscription: StoredSubscription) => void
  /** For a request that is alone in its transaction. */
  add: (change: LogChange) => void
  change: () => LogChange
}>

export function draftChange(state: LogState, nowMs: number): LogDraft {
  const recordsOf = new Map<PartitionState, NewRecord[]>()
  const offsets: StoredOffset[] = []
  const subscriptions: StoredSubscription[] = []
  let other: LogChange = {}

  const place = (partition: PartitionState, record: NewRecord): LogPosition => {
    let records = recordsOf.get(partition)
    if (records === undefined) recordsOf.set(partition, (records = []))
    const offset = partition.end + records.push(record) - 1
    return { topic: partition.topic, topicId: partition.topicId, partition: partition.partition, offset }
  }

  return {
    append(records) {
      const partitions = choosePartitions(state, records)
      return partitions.map((partition, index) => place(partition, recordAt(records, index)))
    },
    setOffset: (offset) => void offsets.push(offset),
    subscribe: (subscription) => void subscriptions.push(subscription),
    add: (change) => {
      other = change
    },
    change: () => ({
      ...other,
      appends: Array.from(recordsOf, ([partition, records]) => ({
        partition,
        from: partition.end,
        // A clock that was set back must not make log time decrease: retention and lag rely on its order.
        timestampMs: Math.max(nowMs, partition.timestampMs),
        records,
      })),
      offsets,
      subscriptions,
    }),
  }
}

function recordAt(records: readonly NewRecord[], index: number): NewRecord {
  const record = records[index]
  if (record === undefined) throw new RangeError(`no record ${index}`)
  return record
}

function choosePartitions(state: LogState, records: readonly NewRecord[]): PartitionState[] {
  let topic: TopicState | undefined
  return records.map((record) => {
    if (topic === undefined || topic.spec.name !== record.topic) topic = topicOf(state, record.topic)
    const bytes = recordBytes(record)
    const { recordBytesMax } = topic.spec
    if (bytes > recordBytesMax) throw recordTooLarge(record.topic, bytes, recordBytesMax)
    return choosePartition(topic, record)
  })
}

function choosePartition({ spec, partitions }: TopicState, { key, partition }: NewRecord): PartitionState {
  const chosen = partitions[partition ?? (key === null ? shortest(partitions) : partitionOfKey(key, partitions.length))]
  if (chosen === undefined) throw unknownPartition(spec.name, partition ?? 0, partitions.length)
  return chosen
}

/** Records of one transaction stay together, and the next ones go elsewhere: Kafka's sticky partitioner, in effect. */
function shortest(partitions: readonly PartitionState[]): number {
  return partitions.reduce((least, { end, partition }) => (end < (partitions[least]?.end ?? 0) ? partition : least), 0)
}
