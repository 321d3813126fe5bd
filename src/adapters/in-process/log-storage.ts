import type { LogRecord, NewRecord, TopicSpec } from '../../ports/log.ts'

/**
 * What the embedded log keeps: the shared kernel (`openInProcessLog`) decides, a storage remembers. One process writes;
 * everything is synchronous, so that a change is a single step of the event loop.
 *
 * What an implementer must hold: `write` is atomic and durable when it returns, and leaves nothing when it throws.
 * Errors are OrdermillError: LOG_UNAVAILABLE when trying again may help, DATA_CORRUPT for what can't be read back.
 */
export interface LogStorage {
  /** As of one moment. */
  load(): StoredLog
  write(change: LogChange): void
  /**
   * The chunk that holds `offset`; else the first one after it; undefined beyond the end. Whoever wants no more than
   * `recordsMax` records of it may be given only those from `offset` on.
   */
  chunk(partition: PartitionRef, offset: number, recordsMax?: number): RecordChunk | undefined
  /** First offset of the oldest chunk that is not older than `timestampMs`, or else of the newest chunk. */
  firstOffsetSince(partition: PartitionRef, timestampMs: number): number
  close(): void
}

export type PartitionRef = Readonly<{ topic: string; topicId: string; partition: number }>

/** Records that were written together: the unit of storage and of decoding. Offsets in it have no gaps. */
export type RecordChunk = Readonly<{
  from: number
  next: number
  timestampMs: number
  records: readonly LogRecord[]
}>

export type StoredPartition = Readonly<{ begin: number; end: number; timestampMs: number }>
export type StoredTopic = Readonly<{ id: string; spec: TopicSpec; partitions: readonly StoredPartition[] }>
export type StoredOffset = Readonly<{ group: string; topicId: string; partition: number; offset: number }>
/** What the members of a group read, for those who ask for its lag before it has committed anything. */
export type StoredSubscription = Readonly<{ group: string; topics: readonly string[] }>

export type StoredLog = Readonly<{
  topics: readonly StoredTopic[]
  offsets: readonly StoredOffset[]
  subscriptions: readonly StoredSubscription[]
}>

/** `from` is the partition's end so far. The storage makes copies: the caller's bytes may change afterwards. */
export type PartitionAppend = Readonly<{
  partition: PartitionRef
  from: number
  timestampMs: number
  records: readonly NewRecord[]
}>

/** Applied in the order of the members. */
export type LogChange = Readonly<{
  /** With their records and the offsets committed to them. */
  deletedTopics?: readonly Readonly<{ id: string; name: string }>[]
  createdTopics?: readonly Readonly<{ id: string; spec: TopicSpec }>[]
  appends?: readonly PartitionAppend[]
  /** Chunks that lie wholly below `begin` go. */
  removals?: readonly Readonly<{ partition: PartitionRef; begin: number }>[]
  offsets?: readonly StoredOffset[]
  subscriptions?: readonly StoredSubscription[]
}>
