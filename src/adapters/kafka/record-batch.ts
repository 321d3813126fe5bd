import { crc32c, Writer } from '@platformatic/kafka'
import { OrdermillError } from '../../errors.ts'
import type { Header } from '../../ports/log.ts'
import { decompress } from './record-batch-decompress.ts'
import {
  type Cursor,
  type KnownText,
  readBytes,
  readInt64,
  readText,
  readVarint,
  readVarlong,
  varintLength,
  writeInt64,
  writeVarint,
} from './record-batch-fields.ts'
import { bodyLength, type HeaderNames, nameIn, type RecordContent, writeBody } from './record-batch-record.ts'

/**
 * Kafka's record batches, message format 2, all numbers big-endian:
 *
 *     i64 base offset, i32 length of what follows, i32 leader epoch, i8 magic, u32 CRC-32C of what follows
 *     i16 attributes, i32 last offset delta, i64 base timestamp, i64 largest timestamp
 *     i64 producer id, i16 producer epoch, i32 base sequence, i32 records, records
 *
 * The client's own codec takes an allocation or more for each field, and does not know log append time.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
const at = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const

const magic = 2
const codecBits = 0b111
const logAppendTimeBit = 1 << 3
const transactionalBit = 1 << 4
const controlBit = 1 << 5
const unknownLeaderEpoch = -1
const lengthFieldEnd = 12
const int32Max = 2 ** 31 - 1

export type BatchWriter = Readonly<{
  producerId: bigint
  producerEpoch: number
  /** Of the batch's first record, in its partition. */
  baseSequence: number
  isTransactional: boolean
  /** Of all its records. */
  timestampMs: number
}>

/** What a batch adds to the bytes of its records. */
export const batchOverheadBytes = at.records

/** Bytes that a record takes in a batch, or up to 5 more: the first records of a batch have shorter offsets. */
export function encodedBytes(record: RecordContent): number {
  const bytes = bodyLength(record, int32Max, (name) => Buffer.byteLength(name))
  return varintLength(bytes) + bytes
}

/**
 * One uncompressed batch as it goes into a Produce request.
 *
 * @throws {RangeError} for no record at all: a bug in the caller
 */
export function encodeBatch(records: readonly RecordContent[], writer: BatchWriter): Buffer {
  if (records.length === 0) throw new RangeError('a batch has one record at least')
  const names: HeaderNames = new Map()
  const nameBytes = (name: string): number => nameIn(names, name).length
  const bodies = new Int32Array(records.length)
  let total: number = batchOverheadBytes
  for (const [index, record] of records.entries()) {
    const bytes = bodyLength(record, index, nameBytes)
    bodies[index] = bytes
    total += varintLength(bytes) + bytes
  }
  const bytes = Buffer.allocUnsafeSlow(total)
  const target = { bytes, names }
  let end: number = at.records
  for (const [index, record] of records.entries()) {
    end = writeVarint(bytes, end, bodies[index] ?? 0)
    end = writeBody(target, end, record, index)
  }
  writeHead(bytes, records.length, writer)
  return bytes
}

function writeHead(bytes: Buffer, count: number, writer: BatchWriter): void {
  // The broker gives the offset.
  writeInt64(bytes, 0, 0)
  bytes.writeInt32BE(bytes.length - lengthFieldEnd, at.length)
  bytes.writeInt32BE(unknownLeaderEpoch, at.leaderEpoch)
  bytes.writeInt8(magic, at.magic)
  bytes.writeInt16BE(writer.isTransactional ? transactionalBit : 0, at.attributes)
  bytes.writeInt32BE(count - 1, at.lastOffsetDelta)
  writeInt64(bytes, at.baseTimestamp, writer.timestampMs)
  writeInt64(bytes, at.maxTimestamp, writer.timestampMs)
  bytes.writeBigInt64BE(writer.producerId, at.producerId)
  bytes.writeInt16BE(writer.producerEpoch, at.producerEpoch)
  bytes.writeInt32BE(writer.baseSequence, at.baseSequence)
  bytes.writeInt32BE(count, at.count)
  bytes.writeUInt32BE(checksum(bytes), at.crc)
}

/** Of a whole batch. The client copies bytes before it sums them up, which takes longer; not those in its own wrapping. */
function checksum(batch: Buffer): number {
  return crc32c(Writer.create().append(batch.subarray(at.attributes)).dynamicBuffer)
}

export type RecordBatch = Readonly<{
  baseOffset: number
  /** Behind its last offset, also where compaction removed records. */
  nextOffset: number
  producerId: bigint
  isTransactional: boolean
  /** What a batch without records of users says. */
  control: 'commit' | 'abort' | 'other' | undefined
  /** Decodes anew at each call; none for a control batch. May begin below the offset that was fetched. */
  records: () => readonly BatchRecord[]
}>

/**
 * Key, value and headers are views of the fetched bytes, or of the whole decompressed batch: whoever keeps a record for
 * longer than its batch copies it, or a small one pins megabytes. That memory is never written to again.
 */
export type BatchRecord = Readonly<{
  offset: number
  /** When its producer made it, or the broker appended it, as the topic is set. */
  timestampMs: number
  key: Uint8Array | null
  value: Uint8Array | null
  headers: readonly Header[]
}>

/**
 * The batches of a fetched partition. Brokers cut by bytes: a part of one at the end is left out. So is an unreadable
 * one with all behind it, for what precedes it to be consumed; it is thrown when it comes first.
 *
 * @throws {OrdermillError} LOG_UNAVAILABLE; so does `records`, for what decompression and decoding find
 */
export function readBatches(bytes: Buffer): readonly RecordBatch[] {
  const batches: RecordBatch[] = []
  let start = 0
  while (start + lengthFieldEnd <= bytes.length) {
    const end = start + lengthFieldEnd + bytes.readInt32BE(start + at.length)
    if (end > bytes.length) break
    const batch = bytes.subarray(start, Math.max(end, start))
    try {
      batches.push(readBatch(batch))
    } catch (error) {
      if (batches.length > 0) break
      throw unreadable(bytes.readBigInt64BE(start), error)
    }
    start = end
  }
  return batches
}

function unreadable(baseOffset: bigint | number, cause: unknown): OrdermillError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new OrdermillError('LOG_UNAVAILABLE', `the record batch at offset ${baseOffset} can't be read: ${why}`, {
    cause,
  })
}

function readBatch(bytes: Buffer): RecordBatch {
  requireIntact(bytes)
  const baseOffset = readInt64(bytes, 0)
  const lastOffsetDelta = bytes.readInt32BE(at.lastOffsetDelta)
  const nextOffset = baseOffset + lastOffsetDelta + 1
  if (nextOffset > Number.MAX_SAFE_INTEGER) throw new RangeError('offsets above 2^53 are not supported')
  if (baseOffset < 0 || lastOffsetDelta < 0) throw new RangeError('its offsets are negative')
  const attributes = bytes.readInt16BE(at.attributes)
  const isControl = (attributes & controlBit) !== 0
  return {
    baseOffset,
    nextOffset,
    producerId: bytes.readBigInt64BE(at.producerId),
    isTransactional: (attributes & transactionalBit) !== 0,
    control: isControl ? controlOf(readRecords(bytes)) : undefined,
    records: isControl ? () => [] : () => decode(bytes, baseOffset),
  }
}

function requireIntact(bytes: Buffer): void {
  const found = bytes[at.magic]
  if (found === undefined) throw new RangeError(`${bytes.length} bytes are too short for a batch`)
  if (found !== magic) throw new RangeError(`message format ${found} is not supported, only ${magic} (Kafka 0.11 on)`)
  if (bytes.length < at.records) throw new RangeError(`${bytes.length} bytes are too short for a batch`)
  if (bytes.readUInt32BE(at.crc) !== checksum(bytes)) throw new RangeError('its checksum is wrong')
}

/** A marker's key is an int16 version and an int16 type. */
function controlOf([marker]: readonly BatchRecord[]): 'commit' | 'abort' | 'other' {
  const key = marker?.key
  if (key === undefined || key === null || key.length < 4) return 'other'
  const type = new DataView(key.buffer, key.byteOffset).getInt16(2)
  if (type === 0) return 'abort'
  return type === 1 ? 'commit' : 'other'
}

function decode(bytes: Buffer, baseOffset: number): readonly BatchRecord[] {
  try {
    return readRecords(bytes)
  } catch (error) {
    throw unreadable(baseOffset, error)
  }
}

type Reading = Readonly<{
  cursor: Cursor
  baseOffset: number
  lastOffsetDelta: number
  baseTimestampMs: number
  /** Instead of the records' own. */
  appendTimestampMs: number | undefined
  names: KnownText[]
}>

function readRecords(batch: Buffer): readonly BatchRecord[] {
  const attributes = batch.readInt16BE(at.attributes)
  const bytes = decompress(attributes & codecBits, batch.subarray(at.records))
  const reading: Reading = {
    cursor: { bytes, at: 0 },
    baseOffset: readInt64(batch, 0),
    lastOffsetDelta: batch.readInt32BE(at.lastOffsetDelta),
    baseTimestampMs: readInt64(batch, at.baseTimestamp),
    appendTimestampMs: (attributes & logAppendTimeBit) === 0 ? undefined : readInt64(batch, at.maxTimestamp),
    names: [],
  }
  const count = batch.readInt32BE(at.count)
  const records: BatchRecord[] = []
  for (let index = 0; index < count; index += 1) records.push(readRecord(reading))
  if (reading.cursor.at !== bytes.length) throw new RangeError(`it holds more than the ${count} records it announces`)
  return records
}

function readRecord(reading: Reading): BatchRecord {
  const { cursor, baseOffset, lastOffsetDelta, baseTimestampMs, appendTimestampMs, names } = reading
  const length = readVarint(cursor)
  const end = cursor.at + length
  // Its attributes: no bit of them has a meaning.
  cursor.at += 1
  const timestampDelta = readVarlong(cursor)
  const offsetDelta = readVarint(cursor)
  if (offsetDelta < 0 || offsetDelta > lastOffsetDelta) throw new RangeError('a record is outside of its offsets')
  const key = readBytes(cursor)
  const value = readBytes(cursor)
  const headers = readHeaders(cursor, names)
  if (cursor.at !== end) throw new RangeError('a record is not as long as it says')
  return {
    offset: baseOffset + offsetDelta,
    timestampMs: appendTimestampMs ?? baseTimestampMs + timestampDelta,
    key,
    value,
    headers,
  }
}

const noHeaders: readonly Header[] = []
const noBytes = new Uint8Array()

function readHeaders(cursor: Cursor, names: KnownText[]): readonly Header[] {
  const count = readVarint(cursor)
  if (count === 0) return noHeaders
  if (count < 0) throw new RangeError('a length in it is wrong')
  const headers: Header[] = []
  for (let index = 0; index < count; index += 1) {
    const name = readText(cursor, names[index])
    names[index] = name
    // A header's value may be null for Kafka, which no one of ours tells from an empty one.
    headers.push([name.text, readBytes(cursor) ?? noBytes])
  }
  return headers
}
