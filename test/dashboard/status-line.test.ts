import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Snapshot, System } from '../../src/api/contract.ts'
import { statusLineOf } from '../../dashboard/src/status-line.ts'

type Changes = Readonly<{ orders?: number; deadLetters?: number; lagSeconds?: number; services?: System['services'] }>

function lineOf({ orders = 1_204_331, deadLetters = 0, lagSeconds = 0, services = [] }: Changes) {
  const snapshot = {
    totals: { order_count: orders, dead_letters_listed: deadLetters },
    pipeline: { groups: [{ group: 'payments-group', lag_records: 340, lag_seconds: lagSeconds }] },
  } as unknown as Snapshot
  const { tone, parts } = statusLineOf(snapshot, services)
  return [tone, ...parts.map(({ text, href }) => (href === undefined ? text : `${text} -> ${href}`))]
}

describe('the status line', () => {
  it('says in words that all is well', () => {
    assert.deepEqual(lineOf({}), ['good', 'All 1,204,331 orders accounted for'])
    assert.deepEqual(lineOf({ orders: 0 }), ['neutral', 'Ready: no orders yet'])
    assert.deepEqual(lineOf({ lagSeconds: 2 }), ['good', 'All 1,204,331 orders accounted for'])
  })

  it('leads to what was refused and to who is behind', () => {
    assert.deepEqual(lineOf({ deadLetters: 37, lagSeconds: 83 }), [
      'warning',
      '1,204,331 orders accounted for',
      'payments-group is 1 min behind (340 records) -> /pipeline',
      '37 refused -> /dead-letters',
    ])
  })

  it('puts a service that does not run first', () => {
    const services = [{ name: 'payment', state: 'failed', detail: '' } as const]
    assert.deepEqual(lineOf({ deadLetters: 1, services }).slice(0, 3), [
      'bad',
      '1,204,331 orders accounted for',
      'payment is failed -> /pipeline',
    ])
  })
})
