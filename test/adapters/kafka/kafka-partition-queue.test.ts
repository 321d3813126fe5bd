import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cutSlices, fill, newQueue } from '../../../src/adapters/kafka/kafka-partition-queue.ts'

const topic = { name: 'orders', id: 'id', leaders: [undefined] }
const limits = { recordsMax: 1_000, bytesMax: 1_000_000 }

function filled(count: number) {
  const queue = newQueue({ topic, partition: 0, assignment: 'a', from: 0, isUnannounced: false })
  const place = { topic: 'orders', topicId: 'id', partition: 0, timestampMs: 1, key: null, headers: [] }
  const records = Array.from({ length: count }, (_, offset) => ({ ...place, offset, value: new Uint8Array() }))
  fill(queue, { records, next: count }, count)
  return queue
}

describe('a queue of fetched records', () => {
  // Three million of them were fetched while a step was stuck, since their bytes were all that counted.
  it('counts what records without content take, until they are handed out', () => {
    const queue = filled(100)
    assert.ok(queue.bytes >= 100 * 100, `${queue.bytes} bytes`)
    const [slice] = cutSlices([queue], 0, limits)
    assert.equal(slice?.records.length, 100)
    assert.equal(queue.bytes, 0)
  })
})
