import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { crc32c, createRecordsBatch } from '@platformatic/kafka'
import {
  type BatchWriter,
  batchOverheadBytes,
  encodeBatch,
  readBatches,
  type RecordBatch,
} from '../../../src/adapters/kafka/record-batch.ts'
import type { NewRecord } from '../../../src/ports/log.ts'

export type Content = Pick<NewRecord, 'key' | 'value' | 'headers'>

export const writer: BatchWriter = {
  producerId: 4_611_686_018_427_387_905n,
  producerEpoch: 7,
  baseSequence: 40,
  isTransactional: true,
  timestampMs: 1_700_000_000_123,
}

export const magicAt = 16
const crcAt = 17
export const attributesAt = 21
export const lastOffsetDeltaAt = 23
export const baseTimestampAt = 27
export const countAt = 57
export const transactionalBit = 1 << 4
export const controlBit = 1 << 5
export const noBytes = new Uint8Array()

/** Without what tells a Buffer from a Uint8Array, and absent headers from none. */
export function contentOf({ key, value, headers = [] }: Content): Content {
  return {
    key: key && Uint8Array.from(key),
    value: value && Uint8Array.from(value),
    headers: headers.map(([name, content]) => [name, Uint8Array.from(content)]),
  }
}

export function numbered(count: number): Content[] {
  return Array.from({ length: count }, (_, index) => ({
    key: index % 3 === 0 ? null : Buffer.from(`key ${index}`),
    value: index % 7 === 3 ? null : Buffer.from(`value ${index} `.repeat(index)),
    headers: [['event-id', Buffer.from(`${index}`)] as const, ['größe', noBytes] as const].slice(index % 2),
  }))
}

export function only(bytes: Buffer): RecordBatch {
  const [batch, ...others] = readBatches(bytes)
  assert.ok(batch !== undefined && others.length === 0)
  return batch
}

type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export function byClient(records: readonly Content[], options: Readonly<{ compression: Codec }>): Buffer {
  const messages = records.map(({ key, value, headers }) => ({
    topic: '',
    // Its types know no null, its code does.
    key: (key && Buffer.from(key)) as Buffer,
    value: (value && Buffer.from(value)) as Buffer,
    // By identity of the names: one that comes twice stays.
    headers: new Map(headers?.map(([name, content]) => [Buffer.from(name), Buffer.from(content)])),
  }))
  return createRecordsBatch(messages, options).buffer
}

/** With the checksum made right again. */
export function patched(bytes: Buffer, patch: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes)
  patch(copy)
  copy.writeInt32BE(copy.length - 12, 8)
  copy.writeUInt32BE(crc32c(copy.subarray(attributesAt)), crcAt)
  return copy
}

/** As a broker that appends it there, whose checksum does not cover the offset. */
export function at(offset: bigint, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeBigInt64BE(offset)
  return copy
}

/** Of one record, made by hand. */
export function batchOf(codec: number, records: Buffer): Buffer {
  const head = encodeBatch(numbered(1), writer).subarray(0, batchOverheadBytes)
  return patched(Buffer.concat([head, records]), (copy) => copy.writeInt16BE(codec, attributesAt))
}

export const javaBatch = { baseOffset: 41, nextOffset: 44, producerId: 77n, isTransactional: true, control: undefined }
export const javaContents: Content[] = [
  {
    key: Buffer.from('key'),
    value: Buffer.alloc(70_000, 'o'),
    headers: [
      ['event-id', Buffer.from('e1')],
      ['grüße', noBytes],
    ],
  },
  { key: null, value: noBytes },
  { key: noBytes, value: null, headers: [['event-id', Buffer.from('e2')]] },
]

/**
 * What `MemoryRecordsBuilder` and `MemoryRecords` of Java's kafka-clients 4.1.0 wrote: `javaContents` at offset 41 by
 * producer 77 in a transaction (the second header's value is null), markers, times, and a batch of message format 1. Gzipped
 * again, since Java's Snappy and its uncompressed batches repeat themselves.
 */
export function byJava(name: keyof typeof javaBatches): Buffer {
  return gunzipSync(Buffer.from(javaBatches[name].join(''), 'base64'))
}

const javaBatches = {
  gzip: [
    'H4sIAAAAAAACA2NgAANNBgaGGwwMDMxMfObywgyCDAwMTAwMjN3nn2YwQOlqiEoGX5AMAytIsXw3B0Ts/9tTGzkPBYgwHPh+yD2ItX3D1gsz',
    'azo4uJSaLr9QKFM891DkWqbsgU/r9j3f3d9xdOO7+SvtmRkoB/XXp5Wuvlxae2PrLZ7fp39IyU91rtl8uiM0pftN3bkytgTB3RbrBBkZAN6o',
    'VjvkAAAA',
  ],
  snappy: [
    'H4sIAAAAAAACA2NgAANNBgbeHAYGBmYm92+dXQxCDAwMTAwMjN3nn2YwQOlqiEoGX5AMAytIcVOwn2NAQCRIlBGC2YQaGphMFhzjYGBgYMtO',
    'rXxwlCP/HyPDKBpFo2gUjaKRho6BKgY21oYGJobRimAUjaJRNIpGIvoF7iFwrFMedvXAO0aGAywCqWWpeSW6mSksqYZ86UWH9xyen8rIx/CN',
    'kYmRgUGFgZGFgZEJSY0RADs6TUl4DQAA',
  ],
  lz4: [
    'H4sIAAAAAAACA2NgAANNBgbGhQwMDMxMBv3J7xiEGRgYmBgYGLvPP81ggNLVEJUMviAZBlaQYhYlX4kEhyYJRgaG9wuOcTAwMLBlp1Y+OMqR',
    'z8jwf4SDWwH5IODKwMAgjy04qj6LsQiklqXmlehmprCkGvKlFx3ec3h+KiMfwzdGJkYGBhUGRhYGRiYVhgCQvBEo6AHpWrdvrQEAAA==',
  ],
  zstd: [
    'H4sIAAAAAAACA2NgAANNBgaGWgYGBmYmhYc1HxlEGBgYmBgYGLvPP81ggNLVEJUMviAZBlaQYo2t+n8ZIliYGFyYFxzjYGBgYMtOrXxwlCOf',
    'RSC1LDWvRDczhSXVkC+96PCew/NTGfkYvjEyMTIwqDAwsjAwMhkxMdieqrihVLSAhZGBAQAfK9HRiQAAAA==',
  ],
  appendTime: [
    'H4sIAAAAAAACA+3KsUlDUQCG0f8+n5IqJN0bwMbCQoewExwgpZcoggGRgDM4hKJrWPlI2owQm9R21iHBwgEsz2m/L9k7SRmvkxw0nxffb+mS',
    'NEl5Xm1ukpT3bnKVX5e7ksPd/LocJDm6q09fi8EMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAAPh37ajO6/3j6e11W8+G04f+o3+pZZif0pTkOKVNaf4851t8seRH6xEBAA==',
  ],
  commit: ['H4sIAAAAAAACA2NgAAN2BgYGJxCDycP+0H8GA4goY/f5pxlINBhwMjD/////P0hYgYGBgQPE4IEoZwAAVAtiOE4AAAA='],
  abort: ['H4sIAAAAAAACA2NgAAMOBgYGJxCDaQ+jyHYGA4goY/f5pxlINBhwMjD/////P0hYAaqTgQeinAEAAUBNyk4AAAA='],
  times: [
    'H4sIAAAAAAACA22OMQ6CQBBF318XYgwFBTGEAk9hjbfwClpyApbWQzuGWZdGfzP5/0/mDex6mJmF0/M6uY0lX+yfgKoBJBpCkOhIKaU2Sgy8',
    '89allhiLM9NRKncr4O7M/jV3Hh2g1Hn+MOOXec7VFJyv6NG6PXDbkB/j0YXL1wAAAA==',
  ],
  format1: ['H4sIAAAAAAACA2NggAMJS7UeY0YGBgbG7vNPM0AijNkgogwAlvbeGCQAAAA='],
} as const
