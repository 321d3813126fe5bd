import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Reader, readRecordsBatches } from '@platformatic/kafka'
import * as fc from 'fast-check'
import { batchOverheadBytes, encodeBatch, encodedBytes, readBatches } from '../../../src/adapters/kafka/record-batch.ts'
import type { Header } from '../../../src/ports/log.ts'
import {
  type Content,
  writer,
  attributesAt,
  lastOffsetDeltaAt,
  baseTimestampAt,
  countAt,
  transactionalBit,
  controlBit,
  noBytes,
  contentOf,
  numbered,
  only,
  byClient,
  patched,
  at,
  batchOf,
  javaBatch,
  javaContents,
  byJava,
} from './record-batch-samples.ts'

const bytesArbitrary = fc.uint8Array({ maxLength: 300 })
const nullableBytesArbitrary = fc.option(bytesArbitrary, { nil: null })
const nameArbitrary = fc.oneof(
  fc.constantFrom('event-id', 'event-ie', 'traceparent', '', '\ufeffname'),
  fc.string({ unit: 'binary', maxLength: 200 }),
)
const headersArbitrary = fc.array(fc.tuple(nameArbitrary, bytesArbitrary), { maxLength: 5 })
const recordsArbitrary: fc.Arbitrary<Content[]> = fc.array(
  fc.oneof(
    fc.record({ key: nullableBytesArbitrary, value: nullableBytesArbitrary }),
    fc.record({ key: nullableBytesArbitrary, value: nullableBytesArbitrary, headers: headersArbitrary }),
  ),
  { minLength: 1, maxLength: 150 },
)

describe('Kafka record batches: encoding', () => {
  it('gives back every byte, and tells null from empty', () => {
    fc.assert(
      fc.property(recordsArbitrary, (records) => {
        const [batch, ...others] = readBatches(encodeBatch(records, writer))
        assert.equal(others.length, 0)
        assert.deepEqual(batch?.records().map(contentOf), records.map(contentOf))
      }),
    )
  })

  it('numbers the records from 0 on, and gives all the writer’s time', () => {
    const batch = only(encodeBatch(numbered(300), writer))
    assert.equal(batch.baseOffset, 0)
    assert.equal(batch.nextOffset, 300)
    assert.equal(batch.producerId, writer.producerId)
    assert.equal(batch.isTransactional, true)
    assert.equal(batch.control, undefined)
    const records = batch.records()
    assert.deepEqual(
      records.map(({ offset }) => offset),
      numbered(300).map((_, index) => index),
    )
    assert.ok(records.every(({ timestampMs }) => timestampMs === writer.timestampMs))
  })

  it('says beforehand how large a batch becomes, too much by 5 bytes a record at most', () => {
    fc.assert(
      fc.property(recordsArbitrary, (records) => {
        const bound = records.reduce<number>((sum, record) => sum + encodedBytes(record), batchOverheadBytes)
        const { length } = encodeBatch(records, writer)
        assert.ok(length <= bound && bound <= length + 5 * records.length, `${length} bytes, ${bound} foretold`)
      }),
    )
    const many = numbered(9000)
    const bound = many.reduce<number>((sum, record) => sum + encodedBytes(record), batchOverheadBytes)
    assert.ok(encodeBatch(many, writer).length <= bound)
    const large = { key: null, value: new Uint8Array(3_000_000) }
    assert.ok(encodeBatch([large], writer).length <= batchOverheadBytes + encodedBytes(large))
  })

  it('is read by the client, down to the producer’s sequence', () => {
    const records = numbered(200)
    const [batch, ...others] = readRecordsBatches(Reader.from(encodeBatch(records, writer)))
    assert.ok(batch !== undefined && others.length === 0)
    assert.equal(batch.producerId, writer.producerId)
    assert.equal(batch.producerEpoch, 7)
    assert.equal(batch.firstSequence, 40)
    assert.equal(batch.lastOffsetDelta, 199)
    assert.equal(batch.firstTimestamp, BigInt(writer.timestampMs))
    assert.equal(batch.maxTimestamp, BigInt(writer.timestampMs))
    const found = batch.records.map(({ key, value, headers }): Content => {
      return { key, value, headers: headers.map(([name, content]): Header => [String(name), content ?? noBytes]) }
    })
    assert.deepEqual(found.map(contentOf), records.map(contentOf))
  })

  it('keeps a writer outside of transactions outside of them, with numbers below 0', () => {
    const plain = { producerId: -1n, producerEpoch: -1, baseSequence: -1, isTransactional: false, timestampMs: -1 }
    const batch = only(encodeBatch(numbered(1), plain))
    assert.equal(batch.producerId, -1n)
    assert.equal(batch.isTransactional, false)
    assert.equal(batch.records()[0]?.timestampMs, -1)
  })

  it('refuses a batch of nothing', () => {
    assert.throws(() => encodeBatch([], writer), RangeError)
  })
})

describe('Kafka record batches: reading', () => {
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`reads what the client wrote with compression ${compression}`, () => {
      fc.assert(
        fc.property(recordsArbitrary, (records) => {
          const bytes = byClient(records, { compression })
          assert.deepEqual(only(bytes).records().map(contentOf), records.map(contentOf))
        }),
        { numRuns: 30 },
      )
    })
  }

  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`reads what Java wrote with compression ${compression}`, () => {
      const batch = only(byJava(compression))
      assert.deepEqual({ ...batch, records: undefined }, { ...javaBatch, records: undefined })
      assert.deepEqual(
        batch.records().map(({ offset, timestampMs }) => [offset, timestampMs]),
        [
          [41, 1_700_000_000_000],
          [42, 1_700_000_000_123],
          [43, 1_699_999_999_999],
        ],
      )
      assert.deepEqual(batch.records().map(contentOf), javaContents.map(contentOf))
    })
  }

  it('takes the broker’s time where the topic says so, not the producer’s', () => {
    const records = only(byJava('appendTime')).records()
    assert.deepEqual(
      records.map(({ timestampMs }) => timestampMs),
      [1_800_000_000_000, 1_800_000_000_000, 1_800_000_000_000],
    )
    assert.deepEqual(records.map(contentOf), javaContents.map(contentOf))
  })

  it('reads times of one batch that are far from each other, rounded where a number can’t hold them', () => {
    const timestamps = readBatches(byJava('times')).map((batch) =>
      batch.records().map(({ timestampMs }) => timestampMs),
    )
    assert.deepEqual(timestamps, [
      [0, 1, 2 ** 31, 2 ** 53 - 1, 2 ** 63],
      [2 ** 40, 0, 2 ** 40 - 1, -1],
    ])
  })

  // A delta of -2^62 is the varint 2^63 - 1: as a number it is even, and would count as positive.
  it('keeps the sign of times that it rounds', () => {
    const record = Buffer.from([28, 0, ...Array<number>(8).fill(0xff), 0x7f, 0, 1, 1, 0])
    const bytes = patched(batchOf(0, record), (copy) => copy.writeBigInt64BE(2n ** 62n, baseTimestampAt))
    assert.equal(only(bytes).records()[0]?.timestampMs, 0)
  })

  it('reads a commit and an abort marker, which are no records', () => {
    const commit = only(byJava('commit'))
    const abort = only(byJava('abort'))
    assert.deepEqual([commit.control, commit.baseOffset, commit.nextOffset, commit.producerId], ['commit', 7, 8, 9n])
    assert.deepEqual([abort.control, abort.baseOffset, abort.nextOffset, abort.producerId], ['abort', 8, 9, 9n])
    assert.deepEqual([...commit.records(), ...abort.records()], [])
  })

  it('passes control batches of other kinds, and one that compaction emptied', () => {
    const leaderChange = encodeBatch([{ key: Uint8Array.of(0, 0, 0, 2), value: noBytes }], writer)
    const emptied = encodeBatch([{ key: null, value: null }], writer).subarray(0, batchOverheadBytes)
    for (const bytes of [leaderChange, emptied]) {
      const batch = only(
        patched(bytes, (copy) => {
          copy.writeInt16BE(transactionalBit | controlBit, attributesAt)
          if (copy.length === batchOverheadBytes) copy.writeInt32BE(0, countAt)
        }),
      )
      assert.deepEqual([batch.control, batch.nextOffset, batch.records()], ['other', 1, []])
    }
  })

  it('goes on behind what compaction removed from the end of a batch', () => {
    const batch = only(
      patched(encodeBatch(numbered(2), writer), (copy) => {
        copy.writeBigInt64BE(1000n)
        copy.writeInt32BE(9, lastOffsetDeltaAt)
      }),
    )
    assert.equal(batch.nextOffset, 1010)
    assert.deepEqual(
      batch.records().map(({ offset }) => offset),
      [1000, 1001],
    )
  })

  it('leaves out the part of a batch that the broker cut, wherever it did', () => {
    const first = at(10n, encodeBatch(numbered(3), writer))
    const bytes = Buffer.concat([first, at(13n, encodeBatch(numbered(2), writer))])
    for (let length = 0; length <= bytes.length; length += 1) {
      const whole = length === bytes.length ? [10, 13] : length >= first.length ? [10] : []
      assert.deepEqual(
        readBatches(bytes.subarray(0, length)).map(({ baseOffset }) => baseOffset),
        whole,
      )
    }
  })

  it('keeps decompressed records as they were while others are decompressed', () => {
    for (const compression of ['snappy', 'lz4'] as const) {
      const kept = only(byClient(numbered(3), { compression })).records()
      for (let index = 0; index < 50; index += 1) only(byClient(numbered(9).toReversed(), { compression })).records()
      assert.deepEqual(kept.map(contentOf), numbered(3).map(contentOf))
    }
  })
})
