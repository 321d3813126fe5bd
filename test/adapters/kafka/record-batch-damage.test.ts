import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressionsAlgorithms } from '@platformatic/kafka'
import * as fc from 'fast-check'
import { batchOverheadBytes, encodeBatch, readBatches } from '../../../src/adapters/kafka/record-batch.ts'
import { hasCode } from '../../../src/errors.ts'
import {
  writer,
  magicAt,
  attributesAt,
  lastOffsetDeltaAt,
  countAt,
  numbered,
  only,
  byClient,
  patched,
  at,
  batchOf,
  byJava,
} from './record-batch-samples.ts'

describe('Kafka record batches: damage', () => {
  it('finds any byte that changed', () => {
    const bytes = at(77n, encodeBatch(numbered(3), writer))
    const places = fc.tuple(fc.integer({ min: magicAt, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }))
    fc.assert(
      fc.property(places, ([place, mask]) => {
        const damaged = Buffer.from(bytes)
        damaged[place] = (damaged[place] ?? 0) ^ mask
        assertUnreadable(() => readBatches(damaged), /offset 77 .*(checksum|message format)/)
      }),
    )
  })

  it('hands out what precedes a damaged batch', () => {
    const good = at(5n, encodeBatch(numbered(3), writer))
    const bad = at(8n, encodeBatch(numbered(3), writer))
    bad[bad.length - 1] = 99
    assert.equal(only(Buffer.concat([good, bad, good])).nextOffset, 8)
    assertUnreadable(() => readBatches(bad), /offset 8 .*checksum/)
  })

  it('refuses the message formats before Kafka 0.11', () => {
    assertUnreadable(() => readBatches(byJava('format1')), /offset 0 .*message format 1 /)
  })

  it('refuses lengths that no batch has', () => {
    for (const length of [-(2 ** 31), -13, -1, 0, 4, 5, 48]) {
      const bytes = Buffer.from(encodeBatch(numbered(9), writer))
      bytes.writeInt32BE(length, 8)
      assertUnreadable(() => readBatches(bytes), /too short/)
    }
  })

  it('refuses offsets that a number can’t hold, and negative ones', () => {
    const bytes = encodeBatch(numbered(2), writer)
    assert.equal(only(at(2n ** 53n - 3n, bytes)).nextOffset, Number.MAX_SAFE_INTEGER)
    assertUnreadable(() => readBatches(at(2n ** 53n - 2n, bytes)), /offset 9007199254740990 .*2\^53/)
    assertUnreadable(() => readBatches(at(2n ** 63n - 1n, bytes)), /offset 9223372036854775807 .*2\^53/)
    assertUnreadable(() => readBatches(at(-1n, bytes)), /negative/)
    assertUnreadable(() => readBatches(patched(bytes, (copy) => copy.writeInt32BE(-2, lastOffsetDeltaAt))), /negative/)
  })

  it('refuses more or fewer records than announced, and offsets outside of the batch', () => {
    const bytes = encodeBatch(numbered(3), writer)
    for (const count of [-1, 2, 4, 2 ** 31 - 1]) {
      const batch = only(patched(bytes, (copy) => copy.writeInt32BE(count, countAt)))
      assertUnreadable(() => batch.records(), count < 3 ? /more than the/ : /ends within/)
    }
    const batch = only(patched(bytes, (copy) => copy.writeInt32BE(1, lastOffsetDeltaAt)))
    assertUnreadable(() => batch.records(), /outside of its offsets/)
  })

  it('refuses lengths within records that contradict each other or the batch', () => {
    const record = [16, 0, 0, 0, 2, 65, 2, 66, 0]
    assert.deepEqual(only(batchOf(0, Buffer.from(record))).records().length, 1)
    const wrong: readonly (readonly [place: number, byte: number, message: RegExp])[] = [
      [0, 14, /not as long as it says/],
      [0, 18, /not as long as it says/],
      [4, 3, /length in it is wrong/],
      [4, 60, /length in it is wrong/],
      [8, 1, /length in it is wrong/],
      [8, 2, /ends within/],
    ]
    for (const [place, byte, message] of wrong) {
      const batch = only(batchOf(0, Buffer.from(record.with(place, byte))))
      assertUnreadable(() => batch.records(), message)
    }
  })

  it('refuses compressions that it does not know', () => {
    for (const codec of [5, 6, 7]) {
      const batch = only(patched(encodeBatch(numbered(1), writer), (copy) => copy.writeInt16BE(codec, attributesAt)))
      assertUnreadable(() => batch.records(), new RegExp(`compression ${codec} is not known`))
    }
  })

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`throws nothing but LOG_UNAVAILABLE for senseless records with a right checksum, compression ${compression}`, () => {
      const bytes = byClient(numbered(20), { compression })
      const place = fc.integer({ min: batchOverheadBytes, max: bytes.length - 1 })
      fc.assert(
        fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
          const changed = patched(bytes, (copy) => changes.forEach(([index, byte]) => (copy[index] = byte)))
          try {
            only(changed).records()
          } catch (error) {
            assert.ok(hasCode(error, 'LOG_UNAVAILABLE'), String(error))
          }
        }),
        { numRuns: 300 },
      )
    })
  }

  const mebibyte = 1024 * 1024
  const bombs = {
    gzip: () => Buffer.concat(Array<Buffer>(17).fill(gzipSync(Buffer.alloc(16 * mebibyte)))),
    snappy: () => Buffer.from([0x81, 0x80, 0x80, 0x80, 0x01, 0x00]),
    zstd: () => zstdCompressSync(Buffer.alloc(257 * mebibyte)),
    lz4: lz4Bomb,
  }
  for (const [codec, bomb] of Object.entries(bombs)) {
    it(`refuses a batch of more than 256 MiB in ${codec}`, () => {
      const { bitmask } = compressionsAlgorithms[codec as keyof typeof bombs]
      const batch = only(batchOf(bitmask, bomb()))
      assertUnreadable(() => batch.records(), new RegExp(`${codec} data .*(too many|larger than 268435456)`))
    })
  }

  it('adds up the blocks of a framed snappy batch', () => {
    const block = Buffer.from([0, 0, 0, 6, 0x81, 0x80, 0x80, 0x40, 0, 0])
    const frame = Buffer.concat([Buffer.from('\x82SNAPPY\0\0\0\0\x01\0\0\0\x01', 'latin1'), block, block])
    assertUnreadable(() => only(batchOf(2, frame)).records(), /snappy data .*268435458 bytes .*too many/)
  })
})

/** Blocks of 4 MiB each: 16,449 bytes can become that many, and 65 of them are more than 256 MiB. */
function lz4Bomb(): Buffer {
  const block = Buffer.alloc(4 + 16_449)
  block.writeUInt32LE(16_449)
  return Buffer.concat([Buffer.from('04224d18607073', 'hex'), ...Array<Buffer>(65).fill(block), Buffer.alloc(4)])
}

function assertUnreadable(act: () => unknown, message: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(hasCode(error, 'LOG_UNAVAILABLE'), String(error))
    assert.match(error.message, message)
    return true
  })
}
