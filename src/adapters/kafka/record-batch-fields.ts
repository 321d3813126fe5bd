/*
 * What the records of a batch are made of: zigzag varints, and bytes behind their length. The batch's head has int64s.
 */

/** Where a reader stands; it moves on with each read. `bytes` must not change meanwhile. */
export type Cursor = { readonly bytes: Buffer; at: number }

/** Bytes that `value`, an int32, takes as a zigzag varint: 1 to 5. */
export function varintLength(value: number): number {
  const bits = (value << 1) ^ (value >> 31)
  return Math.floor((38 - Math.clz32(bits | 1)) / 7)
}

/** Returns the index behind it. */
export function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start
  let bits = (value << 1) ^ (value >> 31)
  while ((bits & ~0x7f) !== 0) {
    bytes[at] = (bits & 0x7f) | 0x80
    bits >>>= 7
    at += 1
  }
  bytes[at] = bits
  return at + 1
}

/** @throws {RangeError} when it is longer than 5 bytes, or than what is left */
export function readVarint(cursor: Cursor): number {
  let bits = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = nextByte(cursor)
    bits |= (byte & 0x7f) << shift
    if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1)
  }
  throw new RangeError('a number in it is longer than 5 bytes')
}

/**
 * An int64, rounded beyond 2^53.
 *
 * @throws {RangeError} when it is longer than 10 bytes, or than what is left
 */
export function readVarlong(cursor: Cursor): number {
  const first = nextByte(cursor)
  let bits = first & 0x7f
  let byte = first
  for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
    if (scale > maxVarlongScale) throw new RangeError('a number in it is longer than 10 bytes')
    byte = nextByte(cursor)
    bits += (byte & 0x7f) * scale
  }
  // The sign is the lowest bit, which rounding may have lost in the sum.
  const magnitude = Math.floor(bits / 2)
  return (first & 1) === 1 ? -magnitude - 1 : magnitude
}

const maxVarlongScale = 2 ** 63

function nextByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at]
  if (byte === undefined) throw new RangeError('it ends within a record')
  cursor.at += 1
  return byte
}

const nullLength = -1

/** Bytes that `writeBytes` takes. */
export function bytesLength(content: Uint8Array | null): number {
  return content === null ? 1 : varintLength(content.length) + content.length
}

/** Returns the index behind it. */
export function writeBytes(bytes: Uint8Array, start: number, content: Uint8Array | null): number {
  if (content === null) return writeVarint(bytes, start, nullLength)
  const end = writeVarint(bytes, start, content.length)
  bytes.set(content, end)
  return end + content.length
}

/**
 * A view of the cursor's bytes.
 *
 * @throws {RangeError} when they end before it
 */
export function readBytes(cursor: Cursor): Uint8Array | null {
  const length = readVarint(cursor)
  if (length === nullLength) return null
  const start = advance(cursor, length)
  return new Uint8Array(cursor.bytes.buffer, cursor.bytes.byteOffset + start, length)
}

/** Returns where it stood. */
function advance(cursor: Cursor, length: number): number {
  const start = cursor.at
  if (length < 0 || length > cursor.bytes.length - start) throw new RangeError('a length in it is wrong')
  cursor.at += length
  return start
}

export type KnownText = Readonly<{ start: number; length: number; text: string }>

/**
 * A UTF-8 text. Comparing its bytes with those of `known`, read before from the same bytes, takes a fraction of decoding:
 * the headers of a record mostly have the names of the record before.
 */
export function readText(cursor: Cursor, known: KnownText | undefined): KnownText {
  const length = readVarint(cursor)
  const start = advance(cursor, length)
  if (known?.length === length && isSame(cursor.bytes, known, start)) return known
  return { start, length, text: cursor.bytes.toString('utf8', start, start + length) }
}

function isSame(bytes: Buffer, { start, length }: KnownText, other: number): boolean {
  for (let index = 0; index < length; index += 1) {
    if (bytes[start + index] !== bytes[other + index]) return false
  }
  return true
}

const two32 = 2 ** 32

/** Rounded beyond 2^53. Not a BigInt, which would be allocated. */
export function readInt64(bytes: Buffer, start: number): number {
  return bytes.readInt32BE(start) * two32 + bytes.readUInt32BE(start + 4)
}

export function writeInt64(bytes: Buffer, start: number, value: number): void {
  const high = Math.floor(value / two32)
  bytes.writeInt32BE(high, start)
  bytes.writeUInt32BE(value - high * two32, start + 4)
}
