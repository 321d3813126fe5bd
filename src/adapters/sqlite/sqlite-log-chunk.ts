import { crc32 } from 'node:zlib'
import type { Header, LogRecord, NewRecord } from '../../ports/log.ts'
import type { PartitionRef } from '../in-process/log-storage.ts'
import { recordBytes } from '../in-process/record-bytes.ts'

/**
 * Chunks as the file holds them, all numbers little-endian, so that a reader needs no other table:
 *
 *     u32 format, u32 records, f64 first offset, f64 timestamp in ms, u32 names, names: u32 length, UTF-8
 *     records: i32 key length, i32 value length (-1: null), u32 headers, headers: u32 name, u32 length, bytes; key; value
 *
 * Header names repeat in every record, so they are written once a chunk.
 */
const format = 1
const headBytes = 28
const recordHeadBytes = 12
const headerHeadBytes = 8
const nullLength = -1

export type ChunkHead = Readonly<{ from: number; timestampMs: number }>

export function encodeChunk({ from, timestampMs }: ChunkHead, records: readonly NewRecord[]): Uint8Array {
  const names = headerNames(records)
  const bytes = Buffer.allocUnsafeSlow(chunkBytes(records, names))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, format, true)
  view.setUint32(4, records.length, true)
  view.setFloat64(8, from, true)
  view.setFloat64(16, timestampMs, true)
  view.setUint32(24, names.size, true)
  let at = headBytes
  for (const name of names.keys()) {
    const length = bytes.write(name, at + 4)
    view.setUint32(at, length, true)
    at += 4 + length
  }
  for (const record of records) at = writeRecord({ bytes, view, names }, at, record)
  return bytes
}

function headerNames(records: readonly NewRecord[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>()
  for (const { headers } of records) {
    if (headers === undefined) continue
    for (const [name] of headers) if (!names.has(name)) names.set(name, names.size)
  }
  return names
}

function chunkBytes(records: readonly NewRecord[], names: ReadonlyMap<string, number>): number {
  let total = headBytes
  for (const name of names.keys()) total += 4 + Buffer.byteLength(name)
  for (const { key, value, headers } of records) {
    total += recordHeadBytes + (key?.length ?? 0) + (value?.length ?? 0)
    if (headers !== undefined) for (const [, content] of headers) total += headerHeadBytes + content.length
  }
  return total
}

type Target = Readonly<{ bytes: Uint8Array; view: DataView; names: ReadonlyMap<string, number> }>

function writeRecord({ bytes, view, names }: Target, start: number, { key, value, headers }: NewRecord): number {
  view.setInt32(start, key === null ? nullLength : key.length, true)
  view.setInt32(start + 4, value === null ? nullLength : value.length, true)
  view.setUint32(start + 8, headers === undefined ? 0 : headers.length, true)
  let at = start + recordHeadBytes
  if (headers !== undefined) {
    for (const [name, content] of headers) {
      view.setUint32(at, names.get(name) ?? 0, true)
      view.setUint32(at + 4, content.length, true)
      bytes.set(content, at + headerHeadBytes)
      at += headerHeadBytes + content.length
    }
  }
  if (key !== null) {
    bytes.set(key, at)
    at += key.length
  }
  if (value !== null) {
    bytes.set(value, at)
    at += value.length
  }
  return at
}

/** Which of `records` the next chunk takes: at least one. */
export function chunkLength(
  records: readonly NewRecord[],
  start: number,
  { recordsMax, bytesMax }: Readonly<{ recordsMax: number; bytesMax: number }>,
): number {
  let bytes = 0
  let count = 0
  for (; start + count < records.length && count < recordsMax; count += 1) {
    const record = records[start + count]
    if (record === undefined) break
    bytes += recordBytes(record)
    if (count > 0 && bytes > bytesMax) break
  }
  return count
}

/** Of a chunk's records, counted from 0; `to` is not included. */
export type ChunkPart = Readonly<{ from: number; to: number }>

const wholeChunk: ChunkPart = { from: 0, to: Number.POSITIVE_INFINITY }

/**
 * The records share the memory of `bytes`, which belongs to the log alone. Those before a part are stepped over, which is
 * a small fraction of decoding them.
 *
 * @throws {RangeError} for bytes that `encodeChunk` did not make
 */
export function decodeChunk(partition: PartitionRef, bytes: Uint8Array, part = wholeChunk): readonly LogRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const { from, timestampMs, count } = readHead(view)
  const records: LogRecord[] = []
  const end = Math.min(count, part.to)
  const { names, end: recordsAt } = readNames(bytes, view)
  const source = { bytes, view, names }
  let at = recordsAt
  for (let index = 0; index < part.from; index += 1) at = endOfRecord(view, at)
  for (let index = part.from; index < end; index += 1) {
    const keyLength = view.getInt32(at, true)
    const valueLength = view.getInt32(at + 4, true)
    const { headers, end: keyAt } = readHeaders(source, at + 8)
    const valueAt = keyAt + Math.max(keyLength, 0)
    records.push({
      topic: partition.topic,
      topicId: partition.topicId,
      partition: partition.partition,
      offset: from + index,
      timestampMs,
      key: slice(bytes, keyAt, keyLength),
      value: slice(bytes, valueAt, valueLength),
      headers,
    })
    at = valueAt + Math.max(valueLength, 0)
  }
  return records
}

/** The records of a chunk as the file holds it, or of a part of it, or why they are not those that were written. */
export function verifyChunk(
  partition: PartitionRef,
  { from, next }: Readonly<{ from: number; next: number }>,
  { bytes, checksum }: Readonly<{ bytes: Uint8Array; checksum: number }>,
  part?: ChunkPart,
): readonly LogRecord[] | string {
  if (crc32(bytes) !== checksum) return 'the checksum of its records is wrong'
  try {
    const head = readHead(new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
    if (head.from === from && head.count === next - from) return decodeChunk(partition, bytes, part)
    return `its records are not those from ${from} to ${next}`
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
}

function readHead(view: DataView): ChunkHead & Readonly<{ count: number }> {
  const known = view.getUint32(0, true)
  if (known !== format) throw new RangeError(`chunk format ${known} is not known`)
  return { count: view.getUint32(4, true), from: view.getFloat64(8, true), timestampMs: view.getFloat64(16, true) }
}

function endOfRecord(view: DataView, start: number): number {
  const keyBytes = Math.max(view.getInt32(start, true), 0)
  const valueBytes = Math.max(view.getInt32(start + 4, true), 0)
  const headers = view.getUint32(start + 8, true)
  let at = start + recordHeadBytes
  for (let index = 0; index < headers; index += 1) at += headerHeadBytes + view.getUint32(at + 4, true)
  return at + keyBytes + valueBytes
}

function slice(bytes: Uint8Array, at: number, length: number): Uint8Array | null {
  return length === nullLength ? null : new Uint8Array(bytes.buffer, bytes.byteOffset + at, length)
}

function readNames(bytes: Uint8Array, view: DataView): Readonly<{ names: readonly string[]; end: number }> {
  const decoder = new TextDecoder()
  const names: string[] = []
  const count = view.getUint32(24, true)
  let at = headBytes
  for (let index = 0; index < count; index += 1) {
    const end = at + 4 + view.getUint32(at, true)
    names.push(decoder.decode(bytes.subarray(at + 4, end)))
    at = end
  }
  return { names, end: at }
}

type Source = Readonly<{ bytes: Uint8Array; view: DataView; names: readonly string[] }>

const noHeaders: readonly Header[] = []

function readHeaders(
  { bytes, view, names }: Source,
  start: number,
): Readonly<{ headers: readonly Header[]; end: number }> {
  const count = view.getUint32(start, true)
  let at = start + 4
  if (count === 0) return { headers: noHeaders, end: at }
  const headers: Header[] = []
  for (let index = 0; index < count; index += 1) {
    const length = view.getUint32(at + 4, true)
    const content = new Uint8Array(bytes.buffer, bytes.byteOffset + at + headerHeadBytes, length)
    headers.push([names[view.getUint32(at, true)] ?? '', content])
    at += headerHeadBytes + length
  }
  return { headers, end: at }
}
