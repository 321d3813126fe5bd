import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OrderDetail } from '../../src/api/contract.ts'
import { timelineOf } from '../../dashboard/src/order-timeline.ts'

const at = (second: number) => `2026-01-31T13:37:${String(second).padStart(2, '0')}.000Z`
const common = { order_id: 7, amount: 400, currency: 'USD', country: 'DE', customer_id: 1000, created_at: at(0) }
const first = { topic_id: 't', partition: 2, offset: 5, status: 'CREATED' } as const
const second = { topic_id: 't', partition: 2, offset: 9, status: 'CANCELLED' } as const

const story: OrderDetail = {
  order_id: 7,
  order: { ...common, status: 'CANCELLED', logged_at: at(1), document: null },
  entries: [first, second],
  payment: {
    ...common,
    outcome: 'PAID',
    logged_at: at(1),
    settled_at: at(3),
    position: { topic_id: 't', partition: 2, offset: 5 },
    attempts: [],
    entries: [
      { ...first, effect: 'charge', at: at(2) },
      { ...second, effect: 'cancelled-after-paid', at: at(20) },
    ],
  },
  alerts: [{ ...common, reason: 'HIGH_AMOUNT_RISKY_COUNTRY', logged_at: at(2) }],
  dead_letters: [],
  other_identities: [],
}

describe('what happened to an order', () => {
  it('is told in the order in which it happened', () => {
    assert.deepEqual(
      timelineOf(story).map(({ title, at: time }) => [title, time]),
      [
        ['Received', at(1)],
        ['Flagged by a fraud rule', at(2)],
        ['Payment reserved', at(2)],
        ['Paid', at(3)],
        ['Became cancelled', at(20)],
        ['Cancelled after it was paid', at(20)],
      ],
    )
  })

  it('keeps at the end what nobody noted the time of', () => {
    const events = timelineOf({ ...story, payment: null })
    assert.deepEqual(
      events.map(({ title, at: time }) => [title, time]),
      [
        ['Received', at(1)],
        ['Flagged by a fraud rule', at(2)],
        ['Became cancelled', null],
      ],
    )
  })

  it('says that a charge is still waiting', () => {
    const payment = story.payment && { ...story.payment, outcome: 'PENDING' as const, settled_at: null }
    assert.equal(timelineOf({ ...story, payment }).at(-1)?.title, 'Waiting for the gateway')
  })
})
