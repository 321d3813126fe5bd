import type { LogRecord } from '../../ports/log.ts'
import type { LogStorage, PartitionRef } from './log-storage.ts'
import { recordBytes } from './record-bytes.ts'

export type ReadLimits = Readonly<{
  recordsMax: number
  bytesMax: number
  /** The first record is taken if it has at most this many bytes, though it be more than `bytesMax`. */
  firstBytesMax: number
  /** Many read these records, so that the storage does well to keep them. */
  isShared: boolean
}>

export type RecordsRead = Readonly<{ records: readonly LogRecord[]; bytes: number }>

/** The records in [offset, end) that fit. */
export function readRecords(
  storage: LogStorage,
  partition: PartitionRef,
  range: Readonly<{ offset: number; end: number }>,
  { recordsMax, bytesMax, firstBytesMax, isShared }: ReadLimits,
): RecordsRead {
  const records: LogRecord[] = []
  let bytes = 0
  let { offset } = range
  while (offset < range.end && records.length < recordsMax) {
    const chunk = storage.chunk(partition, offset, isShared ? undefined : recordsMax - records.length)
    if (chunk === undefined) break
    for (let index = Math.max(offset - chunk.from, 0); index < chunk.records.length; index += 1) {
      const record = chunk.records[index]
      if (record === undefined || record.offset >= range.end || records.length >= recordsMax) return { records, bytes }
      const size = recordBytes(record)
      if (bytes + size > (records.length === 0 ? firstBytesMax : bytesMax)) return { records, bytes }
      records.push(record)
      bytes += size
    }
    offset = chunk.next
  }
  return { records, bytes }
}
