import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeAlert, encodeAlert } from '../../src/codec/alert-codec.ts'
import { bytesOf } from '../../src/codec/bytes.ts'
import { fraudReason } from '../../src/domain/fraud.ts'
import { hasCode } from '../../src/errors.ts'
import { noonMs } from '../support/order-facts.ts'

const alert = {
  orderId: 7,
  reason: fraudReason,
  amount: { currency: 'KWD', minor: 300_001 },
  country: 'DE',
  createdAtMs: noonMs,
} as const

const foreign = { order_id: 7, reason: fraudReason, amount: 300.01, country: 'DE' }
const decode = (value: unknown) => decodeAlert({ value: bytesOf(JSON.stringify(value)) })

describe('the record of a fraud alert', () => {
  it('says which order it speaks of, also where ids are used again', () => {
    const record = encodeAlert('fraud-group', alert, { topicId: 't', partition: 0, offset: 0 })
    assert.deepEqual(decodeAlert(record), alert)
  })

  it('may be of another system, which writes neither currency nor time', () => {
    const { amount, createdAtMs } = decode(foreign)
    assert.deepEqual([amount, createdAtMs], [{ currency: 'USD', minor: 30_001 }, 0])
  })

  it('is refused with a time that is none', () => {
    for (const time of ['yesterday', 5, null]) {
      assert.throws(
        () => decode({ ...foreign, created_at: time }),
        (error) => hasCode(error, 'RECORD_INVALID'),
      )
    }
  })
})
