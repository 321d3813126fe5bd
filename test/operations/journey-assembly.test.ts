import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentOf, type OrderState } from '../../src/domain/order-state.ts'
import type { LedgerEntry, LedgerState } from '../../src/domain/payment.ts'
import { assembleJourney, journeyEventsMax } from '../../src/operations/journey.ts'
import { positionText, type JourneyFacts, type OrderRecord } from '../../src/operations/journey-facts.ts'
import type { StoredDeadLetter } from '../../src/ports/order-queries.ts'
import { anOrder } from '../support/order-facts.ts'

const content = contentOf(anOrder(7))
const at = (offset: number) => ({ topicId: 't', partition: 0, offset })

function recordAt(offset: number, over: Partial<OrderRecord> = {}): OrderRecord {
  const place = { topic: 'orders', partition: 0, offset }
  return { place, topicId: 't', timestampMs: 1_000 + offset, status: null, retriedFor: null, ...said, ...over }
}

const said = { content, command: null, redrive: null }

type Parts = Readonly<{ state?: OrderState; ledger?: LedgerState; deadLetters?: readonly StoredDeadLetter[] }>

function facts({ state, ledger, deadLetters = [] }: Parts, over: Partial<JourneyFacts> = {}): JourneyFacts {
  const payment = ledger && { orderId: 7, timestampMs: 0, ledger }
  return {
    orderId: 7,
    identities: 1,
    story: { order: undefined, state, payment, alerts: [], deadLetters },
    records: [],
    alerts: [],
    cleared: [],
    payments: new Map(),
    counted: new Map(),
    pending: [],
    truncated: false,
    ...over,
  }
}

describe('assembling a journey', () => {
  it('puts nothing before what led to it, however the clocks differ', () => {
    const entries = [{ position: at(0), status: 'CREATED', effect: 'charge', atMs: 990 }] as const
    const ledger: LedgerState = { content, entries, payment: { status: 'PAID', position: at(0), atMs: 995 } }
    const { events } = assembleJourney(facts({ ledger }, { records: [recordAt(0, { status: 'CREATED' })] }))
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['received', 'payment-decided', 'payment-settled'],
    )
  })

  it('tells a charge that was declined, the operator who asked again, and what came of that', () => {
    const charge = (offset: number): LedgerEntry => ({
      position: at(offset),
      status: 'CREATED',
      effect: 'charge',
      atMs: 1_010 + offset,
    })
    const ledger: LedgerState = {
      content,
      entries: [charge(0), charge(100)],
      payment: { status: 'PAID', position: at(100), atMs: 1_150 },
    }
    const retry = { retriedFor: 'payments-group', command: { action: 'retry', by: 'ab12' } }
    const outcome = { place: { topic: 'payment-outcomes', partition: 0, offset: 3 }, timestampMs: 1_060 }
    const { events, durationMs } = assembleJourney(
      facts(
        { ledger },
        { records: [recordAt(0), recordAt(100, retry)], payments: new Map([[positionText(at(0)), outcome]]) },
      ),
    )
    assert.deepEqual(
      events.map(({ title, detail, atMs }) => [title, detail, atMs]),
      [
        ['Received', '10.07 USD, US, customer 1000', 1_000],
        ['To be charged', '', 1_010],
        ['Declined', 'DECLINED', 1_060],
        ['Operator: retry', 'by ab12', 1_100],
        ['To be charged', 'charge 2', 1_110],
        ['Paid', 'PAID', 1_150],
      ],
    )
    assert.equal(durationMs, 150)
  })

  it('says that the gateway has not answered while the payment is pending', () => {
    const entries = [{ position: at(0), status: 'CREATED', effect: 'charge', atMs: 1_005 }] as const
    const ledger: LedgerState = { content, entries, payment: { status: 'PENDING', position: at(0) } }
    const { events } = assembleJourney(facts({ ledger }, { records: [recordAt(0)] }))
    assert.deepEqual([events.at(-1)?.kind, events.at(-1)?.state], ['payment-attempted', 'warning'])
  })

  it('keeps what has no known time, and a duration only of what has', () => {
    const state: OrderState = { content, entries: [{ position: at(0), status: 'CREATED' }] }
    const { events, durationMs } = assembleJourney(facts({ state }, { records: [recordAt(0, { timestampMs: null })] }))
    assert.deepEqual(
      events.map(({ kind, atMs }) => [kind, atMs]),
      [
        ['received', null],
        ['counted', null],
      ],
    )
    assert.equal(durationMs, null)
  })

  it('ends after a bounded number of events and says so', () => {
    const letters = Array.from({ length: journeyEventsMax + 1 }, (_, offset) => letterAt(offset))
    const { events, truncated } = assembleJourney(facts({ deadLetters: letters }))
    assert.deepEqual([events.length, truncated], [journeyEventsMax, true])
  })
})

function letterAt(offset: number): StoredDeadLetter {
  const place = { topic: 'orders', partition: 0, offset }
  const letter = { topic: 'orders.fraud-group.dlq', partition: 0, offset }
  const reason = { code: 'RECORD_INVALID', message: 'the value is not JSON', stage: 'decode', deliveryCount: 1 }
  const times = { firstFailedAtMs: 2_000, timestampMs: 2_000 + offset }
  return {
    id: `${offset}`,
    group: 'fraud-group',
    ...place,
    letter,
    ...reason,
    ...times,
    orderId: 7,
    redriveCount: 0,
    redriven: null,
  }
}
