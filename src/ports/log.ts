/**
 * A partitioned, append-only, durable log with consumer groups. Kafka's model and words.
 *
 * What an implementer must hold, and `test/contract/log.contract.ts` checks:
 * - Order: records of one partition are read in the order of their offsets; records of one key keep the order of the
 *   `append` calls. A key's partition is `partitionOfKey`; records without key or partition go to any.
 * - Offsets grow but may have gaps (Kafka writes its own markers between): compare with `<`, never count with them.
 * - Durability: what `append` or a step's commit resolved survives a kill of every process and a power cut.
 * - Atomicity: what a step returns and its batch's offsets become visible to other readers together, or not at all.
 * - One owner: at any time at most one member of a group owns a partition, and a member that lost it can not commit.
 * - Bounded memory, whatever the lag: a batch has at most `recordsMax` records and about `bytesMax` bytes (one record
 *   more than that is still handed out alone).
 * - Errors are `OrdermillError`: TOPIC_UNKNOWN, RECORD_TOO_LARGE, and LOG_UNAVAILABLE when trying again may help.
 */
export interface Log {
  /** Resolves with one position for each record, in order, once all are durable. All or nothing. */
  append(records: readonly NewRecord[]): Promise<readonly LogPosition[]>

  /**
   * Joins `group` and hands batches to `step`, one at a time, until `signal` aborts and the batch in flight is done,
   * or was given up: some seconds later `batch.signal` aborts too.
   *
   * - A group without a committed offset starts at the partition's beginning.
   * - A step that rejects commits nothing. The batch comes again after a pause (exponential, jittered, bounded), perhaps
   *   cut differently, unless the error is an OrdermillError that is neither retryable nor FENCED: then `transform`
   *   rejects with it, and leaves the group.
   * - When a partition goes to another member, `batch.signal` aborts and what the step returns is dropped.
   */
  transform(subscription: Subscription, step: Step, signal: AbortSignal): Promise<void>

  /** At most `recordsMax` records of a partition from `offset` on, without a group; none at its end. */
  read(range: ReadRange): Promise<ReadResult>

  /** Creates the topics that are missing; an existing one is left as it is. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>

  /** Removes a topic with its records and the offsets that groups committed to it. A topic made again has another id. */
  deleteTopic(topic: string): Promise<void>

  topics(): Promise<readonly TopicDescription[]>

  /** Every partition that the group has committed to or is subscribed to, and how far behind it is. */
  lag(group: string): Promise<readonly PartitionLag[]>

  groups(): Promise<readonly string[]>

  /**
   * The first offset of the partition that may hold a record whose log time is at or after `timestampMs`; the partition's
   * end when there is none. Nothing below it is of that time or later.
   *
   * @param timestampMs whole milliseconds since the Unix epoch, 0 or more
   */
  offsetAt(topic: string, partition: number, timestampMs: number): Promise<number>

  /**
   * Who is in the group now and owns what, whichever process they are in; none for a group without members or that nobody
   * knows. While the group shares its partitions anew, members may be named without any.
   */
  members(group: string): Promise<readonly GroupMember[]>

  /** Sets committed offsets, fencing whoever owns the partitions: their batch in flight is dropped. */
  seek(group: string, targets: readonly Readonly<{ topic: string; partition: number; offset: number }>[]): Promise<void>

  /** Whoever opened the log closes it, after every `transform` resolved. */
  close(): Promise<void>
}

/** A UTF-8 name; a name may occur more than once, and then the last one counts. */
export type Header = readonly [name: string, value: Uint8Array]

export type NewRecord = Readonly<{
  topic: string
  key: Uint8Array | null
  /** null is a tombstone. */
  value: Uint8Array | null
  headers?: readonly Header[]
  /** Instead of the key's partition. */
  partition?: number
}>

export type LogPosition = Readonly<{ topic: string; topicId: string; partition: number; offset: number }>

/** The same object may be handed to several groups of a process: it is never changed. */
export type LogRecord = LogPosition &
  Readonly<{
    /** Log time: milliseconds since the Unix epoch, when it was appended. */
    timestampMs: number
    key: Uint8Array | null
    value: Uint8Array | null
    headers: readonly Header[]
  }>

export type Subscription = Readonly<{ group: string; topics: readonly string[]; recordsMax: number; bytesMax: number }>

/**
 * Slices of one batch are of different partitions, and each has a record, or a range that was lost. One without either
 * comes once for an assignment that begins at a committed offset with nothing to read behind it: a store that is behind
 * the log must not wait for the next record to find out.
 */
export type Batch = Readonly<{
  slices: readonly Slice[]
  /** 1 when these offsets are handed out for the first time in this process, 2 after a rejection, and so on. */
  attempt: number
  /** Aborts when the assignment is lost: a step that waits should give up, and must start no new effect. */
  signal: AbortSignal
}>

export type Slice = Readonly<{
  topic: string
  topicId: string
  partition: number
  /** Changes whenever the partition is taken anew. */
  assignment: string
  /** The group's committed offset, and what it becomes when the step's outputs are committed. */
  from: number
  next: number
  /** The partition's end when the batch was cut: every record below it is readable. */
  end: number
  records: readonly LogRecord[]
  /** Offsets in [from, to) were removed by retention before this group read them. */
  lost?: Readonly<{ from: number; to: number }>
}>

export type Step = (batch: Batch) => Promise<readonly NewRecord[]>

export type ReadRange = Readonly<{
  topic: string
  partition: number
  offset: number
  recordsMax: number
  bytesMax: number
}>

export type ReadResult = Readonly<{
  records: readonly LogRecord[]
  /** Where to go on. */
  next: number
  /** There may be more before long: what follows belongs to transactions that have not ended. */
  isBlocked?: boolean
}>

export type GroupMember = Readonly<{
  /** Names it for people: not to be parsed, and another after the member joined anew. */
  member: string
  partitions: readonly Readonly<{ topic: string; partition: number }>[]
}>

export type TopicSpec = Readonly<{
  name: string
  partitions: number
  /** Age in ms after which records may be removed; absent: they are kept for ever. */
  retentionMs?: number
  /** Largest key + value + headers of a record in bytes. */
  recordBytesMax: number
}>

export type TopicDescription = Readonly<{
  name: string
  id: string
  partitions: readonly Readonly<{ partition: number; begin: number; end: number }>[]
}>

export type PartitionLag = Readonly<{
  topic: string
  partition: number
  /** null: nothing committed yet, so the group stands at `begin`. */
  committed: number | null
  begin: number
  end: number
  /** Records at most: `max(end - max(committed, begin), 0)`; gaps count. */
  lagRecords: number
  /** Log time of the next unread record, null when there is none. */
  nextTimestampMs: number | null
}>
