import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { orderDocument } from '../../src/domain/order-document.ts'

const stamp = { timestampMs: 1234, partition: 2, offset: 77 }
const members = '"processed_at":"1234","kafka_offset":77,"kafka_partition":2'

describe('order document', () => {
  it('is the received text with three members before its last brace', () => {
    assert.equal(orderDocument('{"a":1}', stamp), `{"a":1,${members}}`)
    assert.equal(orderDocument(' {"a":{"b":{}} } \r\n', stamp), ` {"a":{"b":{}} ,${members}} \r\n`)
    assert.equal(orderDocument('{"a":"}"}', stamp), `{"a":"}",${members}}`)
    assert.equal(orderDocument('{ }', stamp), `{ ${members}}`)
  })

  it('overrules members that were there', () => {
    const document: unknown = JSON.parse(orderDocument('{"kafka_offset":1,"processed_at":null}', stamp))
    assert.deepEqual(document, { kafka_offset: 77, processed_at: '1234', kafka_partition: 2 })
  })

  it('is JSON with every member that was received', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2), (order, indent) => {
        const json = JSON.stringify(order, undefined, indent)
        const document: unknown = JSON.parse(orderDocument(json, stamp))
        const added = { processed_at: '1234', kafka_offset: 77, kafka_partition: 2 }
        assert.deepEqual(document, { ...(JSON.parse(json) as object), ...added })
      }),
    )
  })
})
