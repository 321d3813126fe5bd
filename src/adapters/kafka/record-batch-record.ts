import type { NewRecord } from '../../ports/log.ts'
import { bytesLength, varintLength, writeBytes, writeVarint } from './record-batch-fields.ts'

export type RecordContent = Pick<NewRecord, 'key' | 'value' | 'headers'>

export type HeaderNames = Map<string, Uint8Array>

/** Header names repeat in every record of a batch: their bytes are made once. */
export function nameIn(names: HeaderNames, text: string): Uint8Array {
  let name = names.get(text)
  if (name === undefined) {
    name = Buffer.from(text)
    names.set(text, name)
  }
  return name
}

/** Without the length before it. */
export function bodyLength(
  { key, value, headers }: RecordContent,
  offsetDelta: number,
  nameBytes: (name: string) => number,
): number {
  // Its attributes and a timestamp delta of 0 take a byte each.
  let bytes = 2 + varintLength(offsetDelta) + bytesLength(key) + bytesLength(value)
  if (headers === undefined) return bytes + 1
  bytes += varintLength(headers.length)
  for (const [name, content] of headers) {
    const length = nameBytes(name)
    bytes += varintLength(length) + length + bytesLength(content)
  }
  return bytes
}

type Target = Readonly<{ bytes: Buffer; names: HeaderNames }>

/** Returns the index behind it. */
export function writeBody(
  { bytes, names }: Target,
  start: number,
  { key, value, headers }: RecordContent,
  offsetDelta: number,
): number {
  bytes[start] = 0
  bytes[start + 1] = 0
  let end = writeVarint(bytes, start + 2, offsetDelta)
  end = writeBytes(bytes, end, key)
  end = writeBytes(bytes, end, value)
  if (headers === undefined) return writeVarint(bytes, end, 0)
  end = writeVarint(bytes, end, headers.length)
  for (const [name, content] of headers) {
    end = writeBytes(bytes, end, nameIn(names, name))
    end = writeBytes(bytes, end, content)
  }
  return end
}
