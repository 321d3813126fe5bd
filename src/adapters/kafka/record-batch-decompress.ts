import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { compressionsAlgorithms } from '@platformatic/kafka'

/** Brokers take 1 MiB a batch unless told otherwise: what grows beyond this is damaged, or meant to exhaust memory. */
const inflatedBytesMax = 256 * 1024 * 1024

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/**
 * @param codec bits 0 to 2 of a batch's attributes
 * @returns `bytes` itself when it is not compressed, else memory that nobody else writes to
 * @throws {RangeError} for what is damaged, of an unknown codec, or larger than 256 MiB
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  const name = codecs[codec]
  if (name === undefined) throw new RangeError(`its compression ${codec} is not known`)
  try {
    return inflate(name, bytes)
  } catch (error) {
    // What a damaged LZ4 or Snappy block throws is a WebAssembly trap: "unreachable".
    const why = isTrap(error) ? 'it is damaged' : messageOf(error)
    throw new RangeError(`its ${name} data can't be decompressed: ${why}`, { cause: error })
  }
}

function isTrap(error: unknown): boolean {
  return error instanceof Error && error.name === 'RuntimeError'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function inflate(codec: (typeof codecs)[number], bytes: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength: inflatedBytesMax })
    case 'snappy':
      requireBounded(isXerial(bytes) ? xerialInflatedBytes(bytes) : snappyInflatedBytes(bytes, 0))
      return compressionsAlgorithms.snappy.decompressSync(bytes)
    case 'lz4':
      requireBounded(lz4InflatedBytesMax(bytes))
      return compressionsAlgorithms.lz4.decompressSync(bytes)
    case 'zstd':
      return zstdDecompressSync(bytes, { maxOutputLength: inflatedBytesMax })
    default:
      return codec satisfies never
  }
}

/** WebAssembly's memory, in which these two are decompressed, never shrinks: the size is looked at before. */
function requireBounded(inflatedBytes: number): void {
  if (inflatedBytes > inflatedBytesMax) throw new RangeError(`${inflatedBytes} bytes decompressed are too many`)
}

/** How snappy-java frames blocks, and with it all of Java's producers. */
const xerialMagic = Buffer.from('\x82SNAPPY\0', 'latin1')
const xerialHeadBytes = 16

function isXerial(bytes: Buffer): boolean {
  return bytes.subarray(0, xerialMagic.length).equals(xerialMagic)
}

function xerialInflatedBytes(bytes: Buffer): number {
  let total = 0
  for (let at = xerialHeadBytes; at < bytes.length;) {
    total += snappyInflatedBytes(bytes, at + 4)
    at += 4 + bytes.readUInt32BE(at)
  }
  return total
}

/** A snappy block begins with its length, an unsigned varint. */
function snappyInflatedBytes(bytes: Buffer, start: number): number {
  let total = 0
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes.readUInt8(start + index)
    total += (byte & 0x7f) * 0x80 ** index
    if (byte < 0x80) return total
  }
  throw new RangeError('the length of a snappy block is malformed')
}

const lz4BlockRatioMax = 255

/** The upper bound that an LZ4 frame's block heads give (its own content size is optional, and Java leaves it out). */
function lz4InflatedBytesMax(bytes: Buffer): number {
  const flags = bytes.readUInt8(4)
  const blockBytesMax = 1 << (8 + 2 * ((bytes.readUInt8(5) >> 4) & 7))
  const checksumBytes = (flags & 0x10) === 0 ? 0 : 4
  let total = 0
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4)
  while (at + 4 <= bytes.length) {
    // The highest bit says that the block is stored as it is.
    const length = bytes.readUInt32LE(at) & 0x7fff_ffff
    total += Math.min(blockBytesMax, lz4BlockRatioMax * length)
    at += 4 + length + checksumBytes
  }
  return total
}
