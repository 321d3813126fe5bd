import { partitionOfKey } from '../../domain/partitioner.ts'
import type { NewRecord } from '../../ports/log.ts'
import type { Cluster, Topic } from './kafka-cluster.ts'
import { recordTooLarge, unknownPartition } from '../../ports/log-errors.ts'
import type { TopicLimits } from './kafka-topic-limits.ts'
import { batchOverheadBytes, encodedBytes } from './record-batch.ts'

/** What goes to one partition in one record batch. */
export type Batch = Readonly<{
  topic: string
  topicId: string
  partition: number
  records: readonly NewRecord[]
  /** Where each record was in what was placed. */
  indexes: readonly number[]
}>

export type PlacementDeps = Readonly<{
  cluster: Pick<Cluster, 'topic'>
  limitsOf: (topic: Topic) => Promise<TopicLimits>
  random: () => number
}>

type OpenBatch = { topic: Topic; partition: number; bytes: number; records: NewRecord[]; indexes: number[] }

/**
 * Cuts records into batches that their topics take, in order within each partition. A record without key or partition
 * goes where the others of the call go.
 *
 * @throws {OrdermillError} TOPIC_UNKNOWN, RECORD_TOO_LARGE
 */
export async function placeRecords(
  { cluster, limitsOf, random }: PlacementDeps,
  records: readonly NewRecord[],
): Promise<readonly Batch[]> {
  const names = new Set(records.map(({ topic }) => topic))
  const targets = new Map<string, Readonly<{ topic: Topic; limits: TopicLimits; sticky: number }>>()
  for (const name of names) {
    const topic = await cluster.topic(name)
    const sticky = Math.floor(random() * topic.leaders.length)
    targets.set(name, { topic, limits: await limitsOf(topic), sticky })
  }
  const done: OpenBatch[] = []
  const open = new Map<string, OpenBatch>()
  for (const [index, record] of records.entries()) {
    const target = targets.get(record.topic)
    if (!target) continue
    const { topic, limits, sticky } = target
    const partition = partitionOf(record, topic, sticky)
    const bytes = encodedBytes(record)
    refuseTooLarge(record, bytes, limits)
    const key = `${partition} ${record.topic}`
    let batch = open.get(key)
    if (!batch || batch.bytes + bytes > limits.batchBytesMax) {
      batch = { topic, partition, bytes: batchOverheadBytes, records: [], indexes: [] }
      done.push(batch)
      open.set(key, batch)
    }
    batch.bytes += bytes
    batch.records.push(record)
    batch.indexes.push(index)
  }
  return done.map(({ topic, ...batch }) => ({ ...batch, topic: topic.name, topicId: topic.id }))
}

function partitionOf({ topic, key, partition }: NewRecord, { leaders }: Topic, sticky: number): number {
  if (partition === undefined) return key === null ? sticky : partitionOfKey(key, leaders.length)
  if (partition >= leaders.length) throw unknownPartition(topic, partition, leaders.length)
  return partition
}

function refuseTooLarge(record: NewRecord, encoded: number, { batchBytesMax, recordBytesMax }: TopicLimits): void {
  const bytes = recordBytes(record)
  // The second is for records with so many headers that their lengths alone take more than the margin.
  if (bytes <= recordBytesMax && batchOverheadBytes + encoded <= batchBytesMax) return
  throw recordTooLarge(record.topic, bytes, recordBytesMax)
}

/** Key, value and headers: what a topic's limit counts. */
export function recordBytes({ key, value, headers = [] }: Pick<NewRecord, 'key' | 'value' | 'headers'>): number {
  return headers.reduce(
    (bytes, [name, content]) => bytes + name.length + content.length,
    (key?.length ?? 0) + (value?.length ?? 0),
  )
}
