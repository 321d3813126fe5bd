import { bytesOf, headerText, sameBytes } from '../codec/bytes.ts'
import { redriveHeaders } from '../codec/dead-letter-codec.ts'
import { decodeOrder } from '../codec/order-codec.ts'
import { OrdermillError, hasCode } from '../errors.ts'
import type { OrderId, OrderStatus } from '../domain/order.ts'
import { contentOf, type OrderContent } from '../domain/order-state.ts'
import { partitionOfKey } from '../domain/partitioner.ts'
import { samePosition, type Position } from '../domain/position.ts'
import type { LogRecord } from '../ports/log.ts'
import type { OrderStory } from '../ports/order-queries.ts'
import { scanRecordsMax, type ReadableLog } from './find-record.ts'
import { positionText, type OrderRecord } from './journey-facts.ts'
import { groupOfRetry, type Progress } from './journey-groups.ts'

/** An order has a record for each status, and one or two for each refusal that was redriven. */
const recordsReadMax = 100

type Known = Readonly<{ position: Position; topic: string | undefined }> &
  Pick<OrderRecord, 'status' | 'content' | 'command'>

export type OrderRecords = Readonly<{ records: readonly OrderRecord[]; isWhole: boolean }>

/** The records that the store knows the order by, each read back for its time. */
export async function readKnown(
  log: ReadableLog,
  inputTopic: string,
  progress: Progress,
  story: OrderStory,
): Promise<OrderRecords> {
  const known = knownRecords(progress, story)
  const read = known
    .slice(0, recordsReadMax)
    .map(async ({ position, topic, status, command, ...kept }): Promise<OrderRecord> => {
      const record = topic === undefined ? undefined : await readAt(log, topic, position)
      const { topicId, partition, offset } = position
      const place = { topic: topic ?? `a topic that is gone (${topicId})`, partition, offset }
      const retriedFor = groupOfRetry(inputTopic, place.topic)
      const timestampMs = record?.timestampMs ?? null
      const content = record ? (orderIn(record)?.content ?? null) : kept.content
      const redrive = record ? redriveOf(record) : null
      return { place, topicId, timestampMs, status, content, retriedFor, command, redrive }
    })
  const records = (await Promise.all(read)).toSorted(byTime)
  return { records, isWhole: known.length <= recordsReadMax }
}

function byTime(a: OrderRecord, b: OrderRecord): number {
  const isSamePartition = a.topicId === b.topicId && a.place.partition === b.place.partition
  if (isSamePartition) return a.place.offset - b.place.offset
  return (a.timestampMs ?? 0) - (b.timestampMs ?? 0)
}

function knownRecords({ topics }: Progress, { state, payment, deadLetters }: OrderStory): readonly Known[] {
  const nameOf = new Map(topics.map(({ id, name }) => [id, name]))
  const idOf = new Map(topics.map(({ id, name }) => [name, id]))
  const paid = (payment?.ledger.entries ?? []).map(({ position, status, operator }) => ({
    position,
    status,
    content: payment?.ledger.content ?? null,
    command: operator ? { action: operator.decision, by: operator.by } : null,
  }))
  const counted = (state?.entries ?? []).map(({ position, status }) => ({
    position,
    status,
    content: state?.content ?? null,
    command: null,
  }))
  const entries = [...paid, ...counted].map((entry) => ({ ...entry, topic: nameOf.get(entry.position.topicId) }))
  // A letter knows the name alone.
  const places = deadLetters.flatMap((letter) => [letter, ...(letter.redriven ? [letter.redriven] : [])])
  const refused = places.map(({ topic, partition, offset }) => ({
    position: { topicId: idOf.get(topic) ?? '', partition, offset },
    topic,
    status: null,
    content: null,
    command: null,
  }))
  const all = [...entries, ...refused].toReversed()
  return [...new Map(all.map((known) => [positionText(known.position), known])).values()].toReversed()
}

async function readAt(log: ReadableLog, topic: string, position: Position): Promise<LogRecord | undefined> {
  const { partition, offset } = position
  try {
    const { records } = await log.read({ topic, partition, offset, recordsMax: 1, bytesMax: 1 })
    return records.find((record) => samePosition(record, position))
  } catch (error) {
    if (hasCode(error, 'TOPIC_UNKNOWN')) return undefined
    throw error
  }
}

function redriveOf(record: LogRecord): OrderRecord['redrive'] {
  const letterId = headerText(record, redriveHeaders.of)
  return letterId === undefined ? null : { letterId, job: headerText(record, redriveHeaders.job) ?? '' }
}

/** Records of an order that the store does not know, among the newest of the partition that its key belongs to. */
export async function readNewest(
  log: ReadableLog,
  inputTopic: string,
  { topics }: Progress,
  orderId: OrderId,
): Promise<readonly OrderRecord[]> {
  const partitions = topics.find(({ name }) => name === inputTopic)?.partitions ?? []
  const key = bytesOf(String(orderId))
  const range = partitions[partitionOfKey(key, Math.max(partitions.length, 1))]
  if (!range) return []
  const { partition, begin, end } = range
  const found: OrderRecord[] = []
  for (let offset = Math.max(begin, end - scanRecordsMax); offset < end;) {
    const { records, next } = await log.read({ topic: inputTopic, partition, offset, ...tailBatch })
    if (records.length === 0) break
    for (const record of records) if (record.key && sameBytes(record.key, key)) found.push(received(record))
    offset = next
  }
  return found
}

const tailBatch = { recordsMax: 1_000, bytesMax: 1024 * 1024 }

function received(record: LogRecord): OrderRecord {
  const { topic, topicId, partition, offset, timestampMs } = record
  const place = { topic, partition, offset }
  const { status = null, content = null } = orderIn(record) ?? {}
  return { place, topicId, timestampMs, status, content, retriedFor: null, command: null, redrive: null }
}

/** What the record says, whether or not somebody refuses it; undefined where it is no order. */
function orderIn(record: LogRecord): Readonly<{ status: OrderStatus; content: OrderContent }> | undefined {
  try {
    const { order } = decodeOrder(record)
    return { status: order.status, content: contentOf(order) }
  } catch (error) {
    if (error instanceof OrdermillError) return undefined
    throw error
  }
}
