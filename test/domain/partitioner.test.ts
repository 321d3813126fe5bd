import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { murmur2, partitionOfKey } from '../../src/domain/partitioner.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('partitioner', () => {
  // org.apache.kafka.common.utils.UtilsTest.testMurmur2
  const hashes = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    'a-little-bit-longer-string': -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107,
  }

  for (const [key, hash] of Object.entries(hashes)) {
    it(`hashes "${key}" as Kafka's clients do`, () => assert.equal(murmur2(utf8(key)), hash))
  }

  it('hashes a key wherever it lies in its buffer', () => {
    const buffer = utf8('...foobar...')
    assert.equal(murmur2(buffer.subarray(3, 9)), hashes.foobar)
  })

  it('places a key by its hash without the sign', () => {
    assert.equal(partitionOfKey(utf8('foobar'), 12), (hashes.foobar & 0x7fffffff) % 12)
    assert.equal(partitionOfKey(utf8('anything'), 1), 0)
    assert.ok(partitionOfKey(new Uint8Array(), 5) < 5)
  })
})
