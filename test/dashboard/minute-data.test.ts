import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Series } from '../../src/api/contract.ts'
import { minutesOf, splitRunning } from '../../dashboard/src/minute-data.ts'

const at = (minute: number) => `2026-01-31T13:${String(minute).padStart(2, '0')}:00Z`
const series: Series = {
  from: at(10),
  to: at(14),
  step: 60,
  points: [
    { start: at(10), order_count: 3, sales: { USD: 30.5 } },
    { start: at(12), order_count: 1, sales: { EUR: 7 } },
    { start: at(13), order_count: 2, sales: { USD: 4, EUR: 1 } },
  ],
}

describe('sales and orders a minute', () => {
  it('shows a minute without orders as a gap, not as zero', () => {
    const { orders, startsS } = minutesOf(series, 'USD', Date.parse(at(20)))
    assert.deepEqual(orders, [3, null, 1, 2])
    assert.deepEqual(
      startsS,
      [10, 11, 12, 13].map((minute) => Date.parse(at(minute)) / 1_000),
    )
  })

  it('shows the sales of one currency only', () => {
    assert.deepEqual(minutesOf(series, 'USD', 0).sales, [30.5, null, null, 4])
    assert.deepEqual(minutesOf(series, 'EUR', 0).sales, [null, null, 7, 1])
  })

  it('keeps the running minute out of the line, and a finished one in it', () => {
    const running = minutesOf(series, 'USD', Date.parse(at(13)) + 30_000)
    assert.equal(running.lastIsRunning, true)
    assert.deepEqual(splitRunning(running.orders, running.lastIsRunning), {
      done: [3, null, 1, null],
      running: [null, null, null, 2],
    })
    const finished = minutesOf(series, 'USD', Date.parse(at(14)))
    assert.deepEqual(splitRunning(finished.orders, finished.lastIsRunning).done, [3, null, 1, 2])
  })
})
