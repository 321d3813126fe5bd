import { isUtf8 } from 'node:buffer'
import { decodeOrderBytes } from '../../codec/order-codec.ts'
import { OrdermillError, type ErrorCode } from '../../errors.ts'
import { lineBytesMax, type Line } from './lines.ts'

/** What one line of a file, or several in the case of CSV, came to. `end` and `lines` say where reading goes on. */
export type Entry = Readonly<{ line: number; lines: number; end: number }> &
  (Readonly<{ kind: 'order'; orderId: number; json: Uint8Array }> | (Readonly<{ kind: 'refused' }> & Reason))

/** `bytes` is what was refused, cut off where it is long. */
type Reason = Readonly<{ code: ErrorCode; message: string; bytes: Uint8Array }>
export type Refused = Extract<Entry, { kind: 'refused' }>

type Where = Readonly<{ line: number; lines: number; end: number }>

export function placeOf({ number, end }: Line): Where {
  return { line: number, lines: number, end }
}

/** The order in `json`, or why it is refused: the very check that the services do. `source` is what the file holds. */
export function entryOf(where: Where, json: Uint8Array, source: Uint8Array = json): Entry {
  try {
    return { ...where, kind: 'order', orderId: decodeOrderBytes(json).order.id, json }
  } catch (error) {
    if (!(error instanceof OrdermillError)) throw error
    return refusedEntry(where, source, error)
  }
}

export function refusedEntry(where: Where, bytes: Uint8Array, { code, message }: OrdermillError): Entry {
  return { ...where, kind: 'refused', code, message, bytes: bytes.subarray(0, refusedBytesMax) }
}

export function tooLongEntry(line: Line): Entry {
  return refusedEntry(
    placeOf(line),
    line.bytes,
    new OrdermillError('RECORD_TOO_LARGE', `the line is longer than ${lineBytesMax} bytes`),
  )
}

/** Larger than any order may be. */
const refusedBytesMax = 256 * 1024

/** One line of the file of refused lines. */
export function rejectText({ line, code, message, bytes }: Refused): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = isUtf8(buffer) ? { text: buffer.toString('utf8') } : { text: null, base64: buffer.toString('base64') }
  return JSON.stringify({ line, code, message, ...text })
}
