import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Snapshot, System } from '../../src/api/contract.ts'
import type { ReconciliationState } from '../../src/api/contract/reconciliation.ts'
import { statusLineOf } from '../../dashboard/src/status-line.ts'

type Changes = Readonly<{
  orders?: number
  deadLetters?: number
  lagSeconds?: number
  services?: System['services']
  reconciliation?: ReconciliationState
}>

const calm = { state: 'good', summary: 'All accounted for', in_flight: 0 } as const

function lineOf({
  orders = 1_204_331,
  deadLetters = 0,
  lagSeconds = 0,
  services = [],
  reconciliation = calm,
}: Changes) {
  const snapshot = {
    totals: { order_count: orders, dead_letters_listed: 90, dead_letters_open: deadLetters },
    pipeline: { groups: [{ group: 'payments-group', lag_records: 340, lag_seconds: lagSeconds }] },
    reconciliation,
  } as unknown as Snapshot
  const { tone, parts } = statusLineOf(snapshot, services)
  return [tone, ...parts.map(({ text, href }) => (href === undefined ? text : `${text} -> ${href}`))]
}

describe('the status line', () => {
  it('says in words that all is well', () => {
    assert.deepEqual(lineOf({}), ['good', 'All 1,204,331 orders accounted for -> /reconciliation'])
    assert.deepEqual(lineOf({ orders: 0 }), ['neutral', 'Ready: no orders yet'])
    assert.deepEqual(lineOf({ lagSeconds: 2 }), ['good', 'All 1,204,331 orders accounted for -> /reconciliation'])
  })

  it('leads to what was refused and to who is behind', () => {
    assert.deepEqual(lineOf({ deadLetters: 37, lagSeconds: 83 }), [
      'warning',
      '1,204,331 orders accounted for -> /reconciliation',
      'payments-group is 1 min behind (340 records) -> /pipeline',
      '37 refused records open -> /dead-letters',
    ])
  })

  it('says first, and in red, what does not add up', () => {
    const reconciliation = { state: 'bad', summary: '2 payments without an order', in_flight: 0 } as const
    assert.deepEqual(lineOf({ deadLetters: 1, reconciliation }), [
      'bad',
      '2 payments without an order -> /reconciliation',
      '1 refused record open -> /dead-letters',
    ])
  })

  it('stays calm while records are in flight', () => {
    const reconciliation = { state: 'in-flight', summary: '3 records in flight', in_flight: 3 } as const
    assert.deepEqual(lineOf({ reconciliation }), ['good', 'All 1,204,331 orders accounted for -> /reconciliation'])
  })

  it('puts a service that does not run first', () => {
    const services = [{ name: 'payment', state: 'failed', detail: '' } as const]
    assert.deepEqual(lineOf({ deadLetters: 1, services }).slice(0, 3), [
      'bad',
      '1,204,331 orders accounted for -> /reconciliation',
      'payment is failed -> /pipeline',
    ])
  })
})
