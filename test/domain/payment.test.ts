import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { orderStatuses } from '../../src/domain/order.ts'
import {
  decidePayment,
  judgePayment,
  settlePayment,
  type LedgerState,
  type PaymentAnswer,
  type PaymentIntent,
  type PaymentPolicy,
  type SettledAnswer,
} from '../../src/domain/payment.ts'
import {
  addPaymentTally,
  countPayment,
  emptyPaymentTally,
  restorePaymentTally,
  storePaymentTally,
  type StoredPaymentTally,
} from '../../src/domain/payment-tally.ts'
import { anOrder, paymentFact } from '../support/order-facts.ts'

function intentOf(
  offset: number,
  over: Parameters<typeof anOrder>[1] = {},
  policy: PaymentPolicy = 'all',
  flagged = false,
) {
  const order = anOrder(1, over)
  return paymentFact(order, offset, { decision: decidePayment(order, flagged, policy) }).intent
}

/** Judges one after another; the gateway answers PAID at once where `settles` says so. */
function judgeAll(intents: readonly PaymentIntent[], settles: boolean, before?: LedgerState) {
  let state = before
  const answers = intents.map((intent): PaymentAnswer => {
    const { answer, next } = judgePayment(state, intent)
    state = next ?? state
    if (answer.kind === 'charge' && settles && state) state = settlePayment(state, { outcome: 'PAID', atMs: 9 })
    return answer
  })
  return { state, answers }
}

const intents = fc
  .array(fc.record({ status: fc.constantFrom(...orderStatuses), country: fc.constantFrom('US', 'US', 'DE') }), {
    minLength: 1,
    maxLength: 10,
  })
  .map((records) => records.map((over, offset) => intentOf(offset, over, 'billable')))

describe('payment', () => {
  it('pays everything, or only what is billable', () => {
    const decide = (status: (typeof orderStatuses)[number], flagged: boolean, policy: PaymentPolicy) =>
      decidePayment(anOrder(1, { status }), flagged, policy)
    for (const status of orderStatuses) assert.equal(decide(status, true, 'all'), 'charge')
    assert.equal(decide('CANCELLED', true, 'billable'), 'SKIPPED')
    assert.equal(decide('CREATED', true, 'billable'), 'HELD')
    assert.equal(decide('CONFIRMED', false, 'billable'), 'charge')
  })

  it('is charged by one position only, as often as that one comes before it is settled', () => {
    const [first, second] = [intentOf(0), intentOf(1)]
    const { answers, state } = judgeAll([first, second, first], false)
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['charge', 'duplicate', 'charge'],
    )
    const settled = state && settlePayment(state, { outcome: 'DECLINED', atMs: 7 })
    assert.deepEqual(judgePayment(settled, first).answer, { kind: 'settled', outcome: 'DECLINED', atMs: 7 })
    assert.deepEqual(judgePayment(settled, second).answer, { kind: 'duplicate' })
  })

  it('stays as the gateway answered first', () => {
    const { next } = judgePayment(undefined, intentOf(0))
    assert.ok(next)
    const paid = settlePayment(next, { outcome: 'PAID', atMs: 5 })
    assert.equal(settlePayment(paid, { outcome: 'DECLINED', atMs: 6 }), paid)
  })

  it('is charged when a skipped or held order becomes billable, by the record that made it so', () => {
    const skipped = intentOf(0, { status: 'CANCELLED' }, 'billable')
    const held = intentOf(0, {}, 'billable', true)
    for (const before of [skipped, held]) {
      const confirmed = intentOf(1, { status: 'CONFIRMED' }, 'billable')
      const { state, answers } = judgeAll([before, confirmed], true)
      assert.deepEqual(answers[1], { kind: 'charge' })
      assert.deepEqual(state?.payment, { status: 'PAID', position: confirmed.position, atMs: 9 })
      assert.deepEqual(judgeAll([before], true, state).answers, [answers[0]])
    }
  })

  it('notes a cancellation after the payment', () => {
    const { answers } = judgeAll([intentOf(0), intentOf(1, { status: 'CANCELLED' })], true)
    assert.deepEqual(answers[1], { kind: 'status-change', cancelledAfterPaid: true })
  })

  it('notes no cancellation after a payment that was declined', () => {
    const [first, cancelled] = [intentOf(0), intentOf(1, { status: 'CANCELLED' })]
    const { state } = judgeAll([first, cancelled], false)
    const declined = state && settlePayment(state, { outcome: 'DECLINED', atMs: 7 })
    assert.equal(declined?.entries[1]?.effect, 'noted')
    assert.deepEqual(judgePayment(declined, cancelled).answer, { kind: 'status-change', cancelledAfterPaid: false })
  })

  it('gives every position its settled answer again, and charges nothing again', () => {
    fc.assert(
      fc.property(intents, (log) => {
        const { state, answers } = judgeAll(log, true)
        const again = judgeAll(log, true, state)
        const settled = answers.map((answer) =>
          answer.kind === 'charge' ? { kind: 'settled', outcome: 'PAID', atMs: 9 } : answer,
        )
        assert.deepEqual(again.answers, settled)
        assert.deepEqual(again.state, state)
        assert.ok(answers.filter(({ kind }) => kind === 'charge').length <= 1)
      }),
    )
  })

  const settledAnswer: fc.Arbitrary<SettledAnswer> = fc.oneof(
    fc
      .constantFrom('PAID', 'DECLINED', 'SKIPPED', 'HELD')
      .map((outcome) => ({ kind: 'settled', outcome, atMs: 1 }) as const),
    fc.boolean().map((cancelledAfterPaid) => ({ kind: 'status-change', cancelledAfterPaid }) as const),
    fc.constant({ kind: 'duplicate' } as const),
    fc.constant({ kind: 'conflict', fields: [] } as const),
  )
  const counted = fc.array(fc.tuple(fc.constantFrom(...orderStatuses), fc.boolean(), settledAnswer), { maxLength: 20 })
  type Counted = typeof counted extends fc.Arbitrary<infer Items> ? Items : never
  function tallyOf(records: Counted) {
    const tally = emptyPaymentTally()
    for (const [status, flagged, answer] of records) countPayment(tally, anOrder(1, { status }), flagged, answer)
    return tally
  }

  it('counts the same wherever a log is cut, through JSON too', () => {
    fc.assert(
      fc.property(counted, fc.nat(), (log, cut) => {
        const at = cut % (log.length + 1)
        const stored = JSON.parse(JSON.stringify(storePaymentTally(tallyOf(log.slice(0, at))))) as StoredPaymentTally
        const tally = restorePaymentTally(stored)
        addPaymentTally(tally, tallyOf(log.slice(at)))
        assert.deepEqual(tally, tallyOf(log))
      }),
    )
  })

  it('accounts for every record, and for the money of the paid ones', () => {
    fc.assert(
      fc.property(counted, (log) => {
        const { paid, declined, skipped, held, duplicates, statusChanges, deadLetters, paidSums } = tallyOf(log)
        assert.equal(paid + declined + skipped + held + duplicates + statusChanges + deadLetters, log.length)
        assert.equal(paidSums.get('USD') ?? 0n, BigInt(paid) * BigInt(anOrder(1).amount.minor))
      }),
    )
  })
})
