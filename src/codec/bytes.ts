import { Buffer, isAscii, isUtf8 } from 'node:buffer'
import { OrdermillError } from '../errors.ts'
import type { Header, LogRecord } from '../ports/log.ts'

/** Strict: bytes that are not UTF-8 are refused, never replaced. */
export function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Most records are ASCII, and reading those as Latin-1 needs no transcoding.
  if (isAscii(buffer)) return buffer.toString('latin1')
  if (isUtf8(buffer)) return buffer.toString('utf8')
  throw new OrdermillError('RECORD_INVALID', 'the value is not UTF-8: send UTF-8 JSON')
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}

/** The last header of that name as text, which is the one that counts; undefined when it is absent or not UTF-8. */
export function headerText(record: Pick<LogRecord, 'headers'>, name: string): string | undefined {
  const value = record.headers.findLast(([known]) => known === name)?.[1]
  return value && isUtf8(value) ? Buffer.from(value).toString('utf8') : undefined
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

export const eventIdHeader = 'event-id'

export function eventIdHeaders(eventId: string): readonly Header[] {
  return [[eventIdHeader, bytesOf(eventId)]]
}
