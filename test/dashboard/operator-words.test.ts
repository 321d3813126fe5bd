import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Payment } from '../../src/api/contract.ts'
import type { Job } from '../../src/api/contract/jobs.ts'
import { jobEnd, progressText } from '../../dashboard/src/job-words.ts'
import { lagTone, lagWords, trendWords } from '../../dashboard/src/lag.ts'
import { choicesFor, paymentResult } from '../../dashboard/src/payment-actions.ts'
import { seekBodyOf, type SeekForm } from '../../dashboard/src/seek-body.ts'
import { withToast, withoutToast, type Toast } from '../../dashboard/src/toast-list.ts'

const at = '2026-01-02T03:04:05.678Z'
const payment: Payment = {
  order_id: 5,
  outcome: 'HELD',
  customer_id: 1,
  amount: 312.5,
  currency: 'EUR',
  country: 'DE',
  created_at: at,
  logged_at: at,
  settled_at: null,
  position: { topic_id: 't', partition: 0, offset: 1 },
  attempts: [],
  entries: [],
}
const job: Job = {
  id: 'j',
  kind: 'redrive',
  title: 'Redrive 30,000 letters',
  state: 'running',
  requested_by: 'loopback',
  requested_at: at,
  updated_at: at,
  done: 1_204,
  total: 30_000,
  unit: 'letters',
  rate_per_second: 812,
  seconds_left: 35.4,
  detail: '',
}

describe('decisions about a payment', () => {
  it('are offered for what waits for one, and say the amount', () => {
    const [release, reject] = choicesFor(payment)
    assert.equal(release?.confirm, 'Charge €312.50 EUR')
    assert.match(reject?.what ?? '', /€312\.50 EUR will not be charged/)
    assert.deepEqual(
      choicesFor({ ...payment, outcome: 'DECLINED' }).map(({ action }) => action),
      ['retry'],
    )
    assert.deepEqual(choicesFor({ ...payment, outcome: 'PAID' }), [])
  })

  it('end with what became of the order, or that it still waits', () => {
    const [release] = choicesFor(payment)
    assert.ok(release)
    assert.deepEqual(paymentResult(payment, { ...payment, outcome: 'PAID' }, release), {
      tone: 'good',
      title: 'Order 5 is paid',
      detail: '€312.50 EUR charged once.',
      link: { href: '/orders/5', label: 'Show the order' },
    })
    assert.match(paymentResult(payment, { ...payment, outcome: 'DECLINED' }, release).detail, /not charged/)
    assert.match(paymentResult(payment, undefined, release).title, /is waiting/)
  })
})

describe('a job in words', () => {
  it('says how far, how fast and how long', () => {
    assert.equal(progressText(job), '1,204 of 30,000 letters · 812/s · 35 s left')
    assert.equal(progressText({ ...job, total: null, rate_per_second: 0, seconds_left: null }), '1,204 letters')
  })

  it('ends badly when a check found differences', () => {
    const check = { ...job, kind: 'check', state: 'done', detail: '3 differences', differences: 3 } as const
    assert.deepEqual(jobEnd(check), { tone: 'bad', title: 'Full check done', detail: '3 differences' })
    assert.deepEqual(jobEnd({ ...job, state: 'cancelled' }), {
      tone: 'neutral',
      title: 'Redrive cancelled',
      detail: '1,204 letters',
    })
  })
})

describe('a move of offsets', () => {
  const form: SeekForm = { where: 'orders/3', kind: 'offset', offset: '12', time: '' }

  it('is asked for as the API takes it', () => {
    assert.deepEqual(seekBodyOf(form), { topic: 'orders', partition: 3, offset: 12 })
    assert.deepEqual(seekBodyOf({ ...form, where: '', kind: 'end' }), { to: 'end' })
    assert.deepEqual(seekBodyOf({ ...form, where: 'orders', kind: 'time', time: '2026-01-02T03:04' }), {
      topic: 'orders',
      time: '2026-01-02T03:04:00.000Z',
    })
  })

  it('is not asked for before the form says where to', () => {
    assert.equal(seekBodyOf({ ...form, offset: '' }), undefined)
    assert.equal(seekBodyOf({ ...form, offset: '-1' }), undefined)
    assert.equal(seekBodyOf({ ...form, kind: 'time' }), undefined)
  })
})

describe('the state of a group', () => {
  it('is paused or stuck before it is behind', () => {
    const lag = { lag_records: 9, lag_seconds: 90 }
    assert.deepEqual(
      [lagWords({ ...lag, paused: true, stuck: true }), lagTone({ ...lag, paused: true })],
      ['Paused', 'warning'],
    )
    assert.deepEqual([lagWords({ ...lag, stuck: true }), lagTone({ ...lag, stuck: true })], ['Stuck', 'bad'])
    assert.equal(lagWords(lag), 'Behind')
  })

  it('has a trend with its sign', () => {
    assert.deepEqual([trendWords(0.2), trendWords(12), trendWords(-1_200)], ['steady', '+12.0/s', '−1,200/s'])
  })
})

describe('toasts', () => {
  const toast = (id: number): Toast => ({ id, tone: 'good', title: `Toast ${id}` })

  it('are few: the oldest gives way', () => {
    const five = [1, 2, 3, 4, 5].map(toast).reduce<readonly Toast[]>((list, one) => withToast(list, one), [])
    assert.deepEqual(
      five.map(({ id }) => id),
      [2, 3, 4, 5],
    )
  })

  it('take the place of what they end, and stay gone when they were dismissed', () => {
    const ended = { ...toast(1), title: 'Done' }
    assert.deepEqual(withToast([toast(1), toast(2)], ended), [ended, toast(2)])
    assert.deepEqual(withoutToast([toast(1), toast(2)], 1), [toast(2)])
  })
})
