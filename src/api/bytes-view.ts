import { Buffer, isUtf8 } from 'node:buffer'
import type { Bytes } from './contract.ts'

/** More than a record may have; headers count on top of it, so a letter can be larger. */
const shownBytesMax = 1024 * 1024

export function bytesView(bytes: Uint8Array): Bytes {
  const shown = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, shownBytesMax))
  return {
    text: isUtf8(shown) ? shown.toString('utf8') : null,
    base64: shown.toString('base64'),
    bytes: bytes.byteLength,
    truncated: bytes.byteLength > shownBytesMax,
  }
}
