import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { amountMinorMax } from '../../src/domain/money.ts'
import { orderStatuses } from '../../src/domain/order.ts'
import type { OrderAnswer } from '../../src/domain/order-state.ts'
import {
  addTotals,
  countOrder,
  countUnreadable,
  emptyTotals,
  restoreTotals,
  storeTotals,
  type StoredTotals,
  type Totals,
} from '../../src/domain/totals.ts'
import { anOrder } from '../support/order-facts.ts'

const order = fc
  .record({
    minor: fc.integer({ min: 1, max: amountMinorMax }),
    currency: fc.constantFrom('USD', 'JPY', 'KWD'),
    country: fc.constantFrom('US', 'DE', 'IN'),
    status: fc.constantFrom(...orderStatuses),
  })
  .map(({ minor, currency, ...over }) => anOrder(1, { ...over, amount: { currency, minor } }))
const answer: fc.Arbitrary<OrderAnswer> = fc.oneof(
  fc.constant({ kind: 'first' } as const),
  fc.constantFrom(...orderStatuses).map((from) => ({ kind: 'status-change', from }) as const),
  fc.constant({ kind: 'duplicate' } as const),
  fc.constant({ kind: 'conflict', fields: [] } as const),
)
const record = fc.oneof(fc.tuple(order, answer), fc.constantFrom('refused' as const, 'tombstone' as const))
const records = fc.array(record, { maxLength: 30 })

function fold(all: readonly (typeof record extends fc.Arbitrary<infer Item> ? Item : never)[]): Totals {
  const totals = emptyTotals()
  for (const one of all) {
    if (typeof one === 'string') countUnreadable(totals, one)
    else countOrder(totals, ...one)
  }
  return totals
}

function sum(...parts: readonly Totals[]): Totals {
  const totals = emptyTotals()
  for (const part of parts) addTotals(totals, part)
  return totals
}

describe('totals', () => {
  it('add up in any order and grouping, with nothing as their zero', () => {
    fc.assert(
      fc.property(records, records, records, (...logs) => {
        const [a, b, c] = [fold(logs[0]), fold(logs[1]), fold(logs[2])]
        assert.deepEqual(sum(sum(a, b), c), sum(a, sum(b, c)))
        assert.deepEqual(sum(a, b), sum(b, a))
        assert.deepEqual(sum(a, emptyTotals()), a)
      }),
    )
  })

  it('are the same wherever a log is cut', () => {
    fc.assert(
      fc.property(records, fc.nat(), (log, cut) => {
        const at = cut % (log.length + 1)
        assert.deepEqual(sum(fold(log.slice(0, at)), fold(log.slice(at))), fold(log))
      }),
    )
  })

  it('survive being stored as JSON', () => {
    fc.assert(
      fc.property(records, (log) => {
        const totals = fold(log)
        const stored = JSON.parse(JSON.stringify(storeTotals(totals))) as StoredTotals
        assert.deepEqual(restoreTotals(stored), totals)
      }),
    )
  })

  it('account for every record', () => {
    fc.assert(
      fc.property(records, (log) => {
        const { overall, statusChanges, duplicates, deadLetters, tombstones } = fold(log)
        assert.equal(overall.orderCount + statusChanges + duplicates + deadLetters + tombstones, log.length)
      }),
    )
  })

  it('say the same sum by country, by currency and by status', () => {
    fc.assert(
      fc.property(records, (log) => {
        const { overall, byCountry, byCurrency, byStatus } = fold(log)
        for (const tallies of [byCountry, byCurrency, byStatus]) {
          const all = [...tallies.values()]
          assert.equal(
            all.reduce((count, tally) => count + tally.orderCount, 0),
            overall.orderCount,
          )
          for (const [currency, minor] of overall.sales) {
            assert.equal(
              all.reduce((total, { sales }) => total + (sales.get(currency) ?? 0n), 0n),
              minor,
            )
          }
        }
      }),
    )
  })

  it('move an order from one status to the other without selling it twice', () => {
    const created = anOrder(1, { amount: { currency: 'USD', minor: 500 } })
    const totals = fold([
      [created, { kind: 'first' }],
      [
        { ...created, status: 'CANCELLED' },
        { kind: 'status-change', from: 'CREATED' },
      ],
    ])
    assert.deepEqual(totals.overall, { orderCount: 1, sales: new Map([['USD', 500n]]) })
    assert.deepEqual(totals.byStatus.get('CREATED'), { orderCount: 0, sales: new Map([['USD', 0n]]) })
    assert.deepEqual(totals.byStatus.get('CANCELLED'), { orderCount: 1, sales: new Map([['USD', 500n]]) })
  })
})
