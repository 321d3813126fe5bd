import { analyticsTopic, decodeSnapshot, type Snapshot } from '../codec/analytics-codec.ts'
import { hasCode } from '../errors.ts'
import type { Log, LogRecord } from '../ports/log.ts'

/** A group's outputs are written batch by batch: what came of a record is in the first batches behind its time. */
export const scanRecordsMax = 5_000
const scanBatch = { recordsMax: 2_000, bytesMax: 512 * 1024 }

export type ReadableLog = Pick<Log, 'read' | 'topics' | 'lag' | 'offsetAt'>
export type Source = Readonly<{ topic: string; partition: number }>

export type Scan = Readonly<{
  record: LogRecord | undefined
  /** Everything up to the end of the partition was looked at. */
  isWhole: boolean
}>

/** The first record from `offset` on that matches, among at most {@link scanRecordsMax}. */
export async function scan(
  log: Pick<Log, 'read'>,
  source: Source,
  from: number,
  matches: (record: LogRecord) => boolean,
): Promise<Scan> {
  let offset = from
  for (let scanned = 0; scanned < scanRecordsMax;) {
    const { records, next, isBlocked = false } = await log.read({ ...source, offset, ...scanBatch })
    const record = records.find(matches)
    if (record) return { record, isWhole: true }
    if (records.length === 0) return { record: undefined, isWhole: !isBlocked }
    scanned += records.length
    offset = next
  }
  return { record: undefined, isWhole: false }
}

/** The record that matches among those from `sinceMs` on. */
export async function findSince(
  log: ReadableLog,
  { topic, partition, sinceMs }: Source & Readonly<{ sinceMs: number }>,
  matches: (record: LogRecord) => boolean,
): Promise<LogRecord | undefined> {
  const offset = await log.offsetAt(topic, partition, sinceMs)
  return (await scan(log, { topic, partition }, offset, matches)).record
}

/** The range is halved at each: enough for any offset there is. */
const probesMax = 60
/** Others may write to the topic too: one of these is a snapshot. */
const probeRecords = 5
/** Snapshots that are read at once instead of halving on. */
const windowRecords = 50

export type SnapshotRange = Readonly<{ begin: number; end: number; sinceMs: number }>
export type FoundSnapshot = Readonly<{ record: LogRecord; snapshot: Snapshot }>

/**
 * The first snapshot of the totals, among those from `sinceMs` on, that covers `offset` of a partition. Snapshots only
 * grow, so the range is halved. Undefined where none covers it yet, or where the ones before the first that is kept may have.
 */
export async function findSnapshot(
  log: ReadableLog,
  { topic, partition, offset }: Source & Readonly<{ offset: number }>,
  { begin, end, sinceMs }: SnapshotRange,
): Promise<FoundSnapshot | undefined> {
  const covers = (record: LogRecord): boolean => (snapshotOf(record)?.nextOf(topic, partition) ?? 0) > offset
  let from = await log.offsetAt(analyticsTopic, 0, sinceMs)
  let to = end
  let found: LogRecord | undefined
  for (let probe = 0; to - from > windowRecords && probe < probesMax; probe += 1) {
    // Most orders are counted at once: the beginning is looked at before the middle.
    const middle = probe === 0 ? from + windowRecords : Math.floor((from + to) / 2)
    const record = (await readSnapshots(log, middle, probeRecords)).find(snapshotOf)
    const isBehind = record && record.offset < to && !covers(record)
    if (isBehind) from = record.offset + 1
    else {
      if (record && record.offset < to) found = record
      to = middle
    }
  }
  const rest = await readSnapshots(log, from, windowRecords + 1)
  found = rest.find((record) => record.offset < to && covers(record)) ?? found
  const snapshot = found && snapshotOf(found)
  const mayBeLate = begin > 0 && from <= begin && found?.offset === rest[0]?.offset
  return found && snapshot && !mayBeLate ? { record: found, snapshot } : undefined
}

async function readSnapshots(log: ReadableLog, offset: number, recordsMax: number): Promise<readonly LogRecord[]> {
  const range = { topic: analyticsTopic, partition: 0, offset, recordsMax, bytesMax: scanBatch.bytesMax }
  return (await log.read(range)).records
}

function snapshotOf(record: LogRecord): Snapshot | undefined {
  try {
    return decodeSnapshot(record)
  } catch (error) {
    if (hasCode(error, 'RECORD_INVALID')) return undefined
    throw error
  }
}
