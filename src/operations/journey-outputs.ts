import { alertsTopic, decodeAlert } from '../codec/alert-codec.ts'
import { analyticsTopic } from '../codec/analytics-codec.ts'
import { bytesOf, eventIdHeader, headerText, sameBytes } from '../codec/bytes.ts'
import { orderGroups, viewsGroup } from '../codec/groups.ts'
import { outcomesTopic, paymentsTopic } from '../codec/payment-codec.ts'
import type { OrderId } from '../domain/order.ts'
import { partitionOfKey } from '../domain/partitioner.ts'
import type { LedgerEntry, LedgerState } from '../domain/payment.ts'
import { eventIdOf, positionOfEventId, samePosition } from '../domain/position.ts'
import { hasCode } from '../errors.ts'
import type { LogRecord } from '../ports/log.ts'
import type { StoredAlert } from '../ports/order-queries.ts'
import { findSince, findSnapshot, scan, type ReadableLog } from './find-record.ts'
import { positionOf, positionText, type CountedBy, type JourneyFacts, type OrderRecord } from './journey-facts.ts'
import { hasCommitted, partitionAt, type Progress } from './journey-groups.ts'

/** Found outputs, and whether each that must be there was found. */
export type Found<Outputs> = Readonly<{ outputs: Outputs; isWhole: boolean }>
type Search = Readonly<{ log: ReadableLog; progress: Progress; orderId: OrderId }>

/** A topic that is not there, such as one of a log from before there was such a topic, holds nothing. */
async function unlessGone<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked
  } catch (error) {
    if (hasCode(error, 'TOPIC_UNKNOWN')) return undefined
    throw error
  }
}

function sourceOf({ progress: { topics }, orderId }: Search, topic: string) {
  const partitions = topics.find(({ name }) => name === topic)?.partitions.length ?? 1
  return { topic, partition: partitionOfKey(bytesOf(String(orderId)), partitions) }
}

function outputOf(record: LogRecord) {
  const { topic, partition, offset, timestampMs } = record
  return { place: { topic, partition, offset }, timestampMs }
}

/** The records of the decisions, by the position that decided. */
export async function findPayments(search: Search, ledger: LedgerState): Promise<Found<JourneyFacts['payments']>> {
  const written = ledger.entries.filter((entry) => isWritten(ledger, entry))
  const found = await Promise.all(
    written.map(async (entry) => {
      const eventId = bytesOf(eventIdOf(orderGroups.payment, entry.position))
      const { payment } = ledger
      const isLatest = samePosition(payment.position, entry.position)
      const topic = isLatest && payment.status === 'PAID' ? paymentsTopic : outcomesTopic
      const sinceMs = isLatest && 'atMs' in payment ? payment.atMs : (entry.declinedAtMs ?? entry.atMs)
      const matches = (record: LogRecord) => hasEventId(record, eventId)
      const record = await unlessGone(findSince(search.log, { ...sourceOf(search, topic), sinceMs }, matches))
      const isMissing = !record && hasCommitted(search.progress, orderGroups.payment, entry.position)
      return { key: positionText(entry.position), record, isMissing }
    }),
  )
  return {
    outputs: new Map(found.flatMap(({ key, record }) => (record ? [[key, outputOf(record)]] : []))),
    isWhole: !found.some(({ isMissing }) => isMissing),
  }
}

function hasEventId({ headers }: LogRecord, eventId: Uint8Array): boolean {
  const header = headers.findLast(([name]) => name === eventIdHeader)
  return header !== undefined && sameBytes(header[1], eventId)
}

function isWritten({ payment }: LedgerState, { effect, position }: LedgerEntry): boolean {
  if (effect === 'noted' || effect === 'cancelled-after-paid') return false
  return payment.status !== 'PENDING' || !samePosition(payment.position, position)
}

/** The records of the alerts that the store has, or of one that the views have still to read. */
export async function findAlerts(
  search: Search,
  alerts: readonly StoredAlert[],
): Promise<Found<JourneyFacts['alerts']>> {
  const source = sourceOf(search, alertsTopic)
  const key = bytesOf(String(search.orderId))
  const isOurs = (record: LogRecord): boolean => record.key !== null && sameBytes(record.key, key)
  if (alerts.length === 0) return findUnread(search, isOurs)
  const found = await Promise.all(
    alerts.map(async ({ timestampMs: sinceMs, alert: { reason } }) => {
      const matches = (record: LogRecord) => isOurs(record) && record.timestampMs === sinceMs
      const record = await unlessGone(findSince(search.log, { ...source, sinceMs }, matches))
      const told = { reason, atMs: sinceMs, place: null, source: null }
      return record ? { ...told, place: outputOf(record).place, source: alertSource(record) } : told
    }),
  )
  return { outputs: found, isWhole: found.every(({ place }) => place !== null) }
}

async function findUnread(
  { log, progress, ...search }: Search,
  isOurs: (record: LogRecord) => boolean,
): Promise<Found<JourneyFacts['alerts']>> {
  const source = sourceOf({ log, progress, ...search }, alertsTopic)
  const found = await unlessGone(scan(log, source, progress.nextOf(viewsGroup, source), isOurs))
  const { record, isWhole = true } = found ?? {}
  if (!record) return { outputs: [], isWhole }
  const { reason } = decodeAlert(record)
  const { place, timestampMs: atMs } = outputOf(record)
  return { outputs: [{ reason, atMs, place, source: alertSource(record) }], isWhole }
}

function alertSource(record: LogRecord) {
  return positionOfEventId(orderGroups.fraud, headerText(record, eventIdHeader) ?? '') ?? null
}

/** Clocks of those who write to the log differ by less, or a later snapshot is taken for the first. */
const clockSkewMs = 1_000

/** The first totals that include each of these records. Older ones than are kept, and records of topics that are gone, are left out. */
export async function findCounted(
  { log, progress }: Search,
  records: readonly OrderRecord[],
): Promise<JourneyFacts['counted']> {
  const range = partitionAt(progress.topics, { topic: analyticsTopic, partition: 0 })
  if (!range) return new Map()
  const found = await Promise.all(
    records.map(async (record): Promise<readonly [string, CountedBy] | undefined> => {
      const sinceMs = (record.timestampMs ?? 0) - clockSkewMs
      const counted = await findSnapshot(log, record.place, { ...range, sinceMs })
      if (!counted) return undefined
      const { orderCount, nextOf } = counted.snapshot
      const next = nextOf(record.place.topic, record.place.partition)
      return [positionText(positionOf(record)), { ...outputOf(counted.record), orderCount, next }]
    }),
  )
  return new Map(found.flatMap((one) => (one ? [one] : [])))
}
