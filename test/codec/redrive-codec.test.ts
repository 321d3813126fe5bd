import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeRedrive } from '../../src/codec/redrive-codec.ts'
import type { Header } from '../../src/ports/log.ts'

const header = (name: string): Header => [name, Buffer.from('was there')]

describe('encodeRedrive', () => {
  it('keeps key, value and headers byte for byte, and says where the record comes from', () => {
    const content = { key: Buffer.from('7'), value: Buffer.from([0xff, 0x00]), headers: [header('trace')] }
    const redrive = { topic: 'orders.fraud-group.retry', letterId: 'letter', redriveCount: 1, jobId: 'job', n: 4 }
    const { topic, key, value, headers = [] } = encodeRedrive(content, redrive)
    assert.deepEqual([topic, key, value], [redrive.topic, content.key, content.value])
    assert.deepEqual(
      headers.map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
      [
        ['trace', 'was there'],
        ['event-id', 'redrive/job/4'],
        ['x-redrive-of', 'letter'],
        ['x-redrive-count', '2'],
        ['x-redrive-job', 'job'],
      ],
    )
  })

  it('leaves out what a sender of orders could pass off as ours, an operator’s decision above all', () => {
    const headers = ['event-id', '__dlq.errors.code', 'x-redrive-count', 'x-ordermill-decision', 'x-ordermill-by']
    const content = { key: null, value: null, headers: headers.map(header) }
    const redriven = encodeRedrive(content, { topic: 't', letterId: 'l', redriveCount: 0, jobId: 'j', n: 1 })
    assert.ok((redriven.headers ?? []).every(([, bytes]) => Buffer.from(bytes).toString() !== 'was there'))
  })
})
