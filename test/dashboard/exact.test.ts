import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseExact } from '../../dashboard/src/exact.ts'

describe('answers that the page reads', () => {
  it('keep every digit of a number that no double can hold, and calculate with the nearest one', () => {
    const text = '{"sum":9999999999999912.11,"id":12345678901234567890,"deep":[-9007199254740993.03]}'
    const value = parseExact(text) as { sum: number; id: number; deep: number[] }
    assert.equal(`${value.sum}`, '9999999999999912.11')
    assert.equal(value.sum - 9_999_999_999_999_910, 2)
    assert.ok(Math.abs(value.deep[0] ?? 0) > 9e15)
    assert.equal(JSON.stringify(value), text)
  })

  it('leave every other number a number', () => {
    const text = '{"id":9007199254740991,"share":0.30000000000000004,"sum":1600.60,"at":"2026-01-31T13:37:00.2500000Z"}'
    const { id, share, sum } = parseExact(text) as Record<string, unknown>
    assert.deepEqual([id, share, sum], [9007199254740991, 0.30000000000000004, 1600.6])
  })
})
