import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { minuteMs, windowStart } from '../../src/domain/window.ts'

describe('window', () => {
  it('is half-open and aligned to the epoch', () => {
    const at = Date.UTC(2026, 0, 1, 10, 30)
    assert.equal(windowStart(at, minuteMs), at)
    assert.equal(windowStart(at + 59_999, minuteMs), at)
    assert.equal(windowStart(at + 60_000, minuteMs), at + 60_000)
    assert.equal(windowStart(-1, minuteMs), -60_000)
  })

  it('holds its time, and starts at a multiple of its size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -8.64e15, max: 8.64e15 }),
        fc.integer({ min: 1, max: 86_400_000 }),
        (atMs, sizeMs) => {
          const start = windowStart(atMs, sizeMs)
          assert.ok(start <= atMs && atMs < start + sizeMs)
          assert.equal(Math.abs(start % sizeMs), 0)
        },
      ),
    )
  })

  it('throws for what is no time or no size', () => {
    for (const atMs of [1.5, Number.NaN, Infinity]) assert.throws(() => windowStart(atMs, 1), RangeError)
    for (const sizeMs of [0, -1, 0.5]) assert.throws(() => windowStart(1, sizeMs), RangeError)
  })
})
