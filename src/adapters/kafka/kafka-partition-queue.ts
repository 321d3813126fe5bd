import type { LogRecord, Slice } from '../../ports/log.ts'
import type { Topic } from './kafka-cluster.ts'
import type { Committed } from './kafka-committed.ts'
import { recordBytes } from './kafka-placement.ts'

/** What was fetched of one partition of an assignment, and not handed out yet. */
export type PartitionQueue = {
  readonly topic: Topic
  readonly partition: number
  readonly assignment: string
  /** Where the next slice begins: everything below it is committed. */
  from: number
  /** Where the next fetch begins. */
  next: number
  /** The partition's end at the last fetch. */
  end: number
  /** Whether a fetch was answered: until then nobody knows that there is nothing. */
  isFetched: boolean
  /** The group has committed here, and nothing of this assignment was handed out yet. */
  isUnannounced: boolean
  /** Follows the records: nothing more is fetched until it is told. */
  lost: Readonly<{ from: number; to: number }> | undefined
  records: LogRecord[]
  bytes: number
}

type Start = Pick<PartitionQueue, 'topic' | 'partition' | 'assignment' | 'from' | 'isUnannounced'>

export function newQueue(start: Start): PartitionQueue {
  return { ...start, next: start.from, end: start.from, isFetched: false, lost: undefined, records: [], bytes: 0 }
}

/** What the object of a record takes: without it, millions of records without a value would weigh nothing. */
const recordOverheadBytes = 256

export function fill(queue: PartitionQueue, { records, next }: Committed, end: number): void {
  for (const record of records) {
    queue.records.push(record)
    queue.bytes += recordBytes(record) + recordOverheadBytes
  }
  queue.next = next
  queue.end = Math.max(end, next)
  queue.isFetched = true
}

/** Retention was faster than the group. */
export function skipTo(queue: PartitionQueue, begin: number): void {
  queue.lost = { from: queue.next, to: begin }
  queue.next = begin
}

type Limits = Readonly<{ recordsMax: number; bytesMax: number }>

/** The next slices: an even share for each queue that has something, beginning with the one at `turn`. */
export function cutSlices(queues: readonly PartitionQueue[], turn: number, limits: Limits): readonly Slice[] {
  const order = [...queues.slice(turn), ...queues.slice(0, turn)]
  const waiting = order.filter(hasSomething)
  const slices: Slice[] = []
  let { recordsMax: recordsLeft, bytesMax: bytesLeft } = limits
  for (const [index, queue] of waiting.entries()) {
    const shares = waiting.length - index
    const share = { recordsMax: Math.ceil(recordsLeft / shares), bytesMax: Math.ceil(bytesLeft / shares) }
    const { records, bytes } = take(queue, share, slices.length === 0)
    if (records.length === 0 && !isWorthEmpty(queue)) continue
    slices.push(sliceOf(queue, records))
    recordsLeft -= records.length
    bytesLeft = Math.max(bytesLeft - bytes, 0)
  }
  return slices
}

function hasSomething(queue: PartitionQueue): boolean {
  return queue.records.length > 0 || isWorthEmpty(queue)
}

function isWorthEmpty({ isUnannounced, isFetched, lost, records }: PartitionQueue): boolean {
  return records.length === 0 && (lost !== undefined || (isUnannounced && isFetched))
}

/** One record at least where nothing else is in the batch yet, however large it is. */
function take(queue: PartitionQueue, { recordsMax, bytesMax }: Limits, isFirst: boolean) {
  let count = 0
  let bytes = 0
  for (const record of queue.records) {
    if (count === recordsMax) break
    const size = recordBytes(record)
    if (bytes + size > bytesMax && !(isFirst && count === 0)) break
    bytes += size
    count += 1
  }
  queue.bytes -= bytes + count * recordOverheadBytes
  return { records: queue.records.splice(0, count), bytes }
}

function sliceOf(queue: PartitionQueue, records: readonly LogRecord[]): Slice {
  const { topic, partition, assignment, from, end, lost } = queue
  const slice = { topic: topic.name, topicId: topic.id, partition, assignment, from, next: queue.next, end, records }
  if (queue.records.length > 0) return { ...slice, next: (records.at(-1)?.offset ?? from - 1) + 1 }
  // With nothing left, the markers behind the last record are behind the group as well.
  if (lost === undefined) return slice
  if (records.length > 0) return { ...slice, next: lost.from }
  queue.lost = undefined
  return { ...slice, lost }
}

/** The slice is committed. */
export function moveOn(queue: PartitionQueue, { next }: Slice): void {
  queue.from = next
  queue.isUnannounced = false
}

/** Offsets without a record for anybody, such as the marker of a transaction that came in a fetch of its own. */
export function hasGap({ from, next, records }: PartitionQueue): boolean {
  return records.length === 0 && next > from
}
