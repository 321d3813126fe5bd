import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesOf } from '../../src/codec/bytes.ts'
import { decodeDeadLetter } from '../../src/codec/dead-letter-codec.ts'
import { hasCode } from '../../src/errors.ts'

const reason = { group: 'payments-group', topic: 'orders', partition: '1', offset: '22', 'delivery.count': '3' }

function letterWith(over: Readonly<Record<string, string>>) {
  return decodeDeadLetter({
    topic: 'orders.payments-group.dlq',
    topicId: 't1',
    partition: 0,
    offset: 5,
    timestampMs: 1_000,
    key: null,
    value: null,
    headers: Object.entries({ ...reason, ...over }).map(([name, text]) => [`__dlq.errors.${name}`, bytesOf(text)]),
  })
}

describe('a dead letter that is read', () => {
  it('says which record was refused, and how often', () => {
    const { group, topic, partition, offset, deliveryCount } = letterWith({})
    assert.deepEqual([group, topic, partition, offset, deliveryCount], ['payments-group', 'orders', 1, 22, 3])
  })

  it('is none when its position is not made of whole numbers', () => {
    for (const name of ['partition', 'offset']) {
      for (const text of ['-1', '', ' ', '1.5', '1e3', '0x10', '9007199254740993', 'x']) {
        const isRefused = (error: unknown) => hasCode(error, 'RECORD_INVALID')
        assert.throws(() => letterWith({ [name]: text }), isRefused, `${name} ${JSON.stringify(text)}`)
      }
    }
  })

  it('was delivered once when its count says nothing', () => {
    for (const text of ['x', '', '-1', '2.5']) assert.equal(letterWith({ 'delivery.count': text }).deliveryCount, 1)
  })
})
