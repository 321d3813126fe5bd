import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentOf, type OrderState } from '../../src/domain/order-state.ts'
import type { OrderStatus } from '../../src/domain/order.ts'
import { judgePayment, settlePayment, type LedgerState, type PaymentIntent } from '../../src/domain/payment.ts'
import { repairOrder, repairPayment } from '../../src/domain/repair.ts'
import { anOrder, noonMs } from '../support/order-facts.ts'

const at = (offset: number, partition = 0) => ({ topicId: 't', partition, offset })
const inStatus = (status: OrderStatus) => anOrder(1, { status })

function stateOf(...entries: OrderState['entries']): OrderState {
  return { content: contentOf(anOrder(1)), entries }
}

const created = { position: at(1), status: 'CREATED' } as const
const confirmed = { position: at(5), status: 'CONFIRMED' } as const
const cancelled = { position: at(9), status: 'CANCELLED' } as const

describe('the repair of an order state', () => {
  const whole = stateOf(created, confirmed, cancelled)

  it('changes nothing of a state that is right, and gives the recorded answers', () => {
    const answers = [
      [1, 'CREATED', 'first'],
      [3, 'CREATED', 'duplicate'],
      [5, 'CONFIRMED', 'status-change'],
      [9, 'CANCELLED', 'status-change'],
    ] as const
    for (const [offset, status, kind] of answers) {
      const { answer, next } = repairOrder(whole, inStatus(status), at(offset))
      assert.deepEqual([answer.kind, next], [kind, undefined])
    }
    const other = repairOrder(whole, anOrder(1, { customerId: 7 }), at(3))
    assert.deepEqual([other.answer.kind, other.next], ['conflict', undefined])
  })

  it('puts an entry that is missing before those of newer records', () => {
    const second = repairOrder(stateOf(created, cancelled), inStatus('CONFIRMED'), at(5))
    assert.deepEqual(second, { answer: { kind: 'status-change', from: 'CREATED' }, next: whole })
    const first = repairOrder(stateOf(confirmed, cancelled), inStatus('CREATED'), at(1))
    assert.deepEqual(first, { answer: { kind: 'first' }, next: whole })
    assert.deepEqual(repairOrder(undefined, inStatus('CREATED'), at(1)).next, stateOf(created))
  })

  it('takes back what a newer record was only taken for because an older one was missing', () => {
    const again = { position: at(7), status: 'CREATED' } as const
    const { next } = repairOrder(stateOf(again, cancelled), inStatus('CREATED'), at(1))
    assert.deepEqual(next, stateOf(created, cancelled))
    const foreign = { ...stateOf(again), content: contentOf(anOrder(1, { customerId: 7 })) }
    assert.deepEqual(repairOrder(foreign, inStatus('CREATED'), at(1)).next, stateOf(created))
  })

  it('restores the content and status of a record that it knows', () => {
    const wrong = stateOf({ ...created, status: 'CANCELLED' }, confirmed)
    assert.deepEqual(repairOrder(wrong, inStatus('CREATED'), at(1)).next, stateOf(created, confirmed))
    const content = contentOf(anOrder(1, { amount: { currency: 'USD', minor: 1 } }))
    assert.deepEqual(repairOrder({ ...whole, content }, inStatus('CONFIRMED'), at(5)).next, whole)
  })

  it('knows no order between partitions: a record that is missing comes last', () => {
    const { next } = repairOrder(stateOf(created, cancelled), inStatus('CONFIRMED'), at(0, 1))
    assert.deepEqual(next?.entries.at(-1), { position: at(0, 1), status: 'CONFIRMED' })
  })
})

describe('the repair of a ledger', () => {
  const intent: PaymentIntent = { order: anOrder(1), decision: 'charge', position: at(1), atMs: noonMs }
  const published: PaymentIntent = { ...intent, atMs: noonMs + 9, recorded: 'PAID' }
  const paid = settledAs('PAID')

  function settledAs(outcome: 'PAID' | 'DECLINED'): LedgerState {
    const { next } = judgePayment(undefined, intent)
    assert.ok(next)
    return settlePayment(next, { outcome, atMs: noonMs + 9 })
  }

  it('changes nothing of a payment that is as it was published', () => {
    const { answer, next } = repairPayment(paid, published)
    assert.deepEqual([answer, next], [{ kind: 'settled', outcome: 'PAID', atMs: noonMs + 9 }, undefined])
  })

  it('makes a payment that is missing, pending or otherwise what was published', () => {
    const pending = judgePayment(undefined, intent).next
    for (const damaged of [undefined, pending, settledAs('DECLINED')]) {
      const { answer, next } = repairPayment(damaged, published)
      assert.deepEqual(answer, { kind: 'settled', outcome: 'PAID', atMs: noonMs + 9 })
      assert.deepEqual(next?.payment, paid.payment)
    }
  })

  it('restores the content', () => {
    const content = contentOf(anOrder(1, { amount: { currency: 'USD', minor: 1 } }))
    assert.deepEqual(repairPayment({ ...paid, content }, published).next, paid)
  })

  it('leaves what a newer record decided', () => {
    const retry = { decision: 'retry', by: 'loopback' } as const
    const again = { ...intent, position: at(0, 7), atMs: noonMs + 20, operator: retry }
    const { next } = judgePayment(settledAs('DECLINED'), again)
    assert.ok(next)
    const twice = settlePayment(next, { outcome: 'PAID', atMs: noonMs + 30 })
    const { answer, next: repaired } = repairPayment(twice, { ...published, recorded: 'DECLINED' })
    assert.deepEqual([answer, repaired], [{ kind: 'settled', outcome: 'DECLINED', atMs: noonMs + 9 }, undefined])
  })

  it('puts what a record was noted for before newer ones', () => {
    const change = (status: OrderStatus, offset: number): PaymentIntent => ({
      ...intent,
      order: inStatus(status),
      decision: 'none',
      position: at(offset),
    })
    const later = judgePayment(paid, change('CANCELLED', 9)).next
    const { next } = repairPayment(later, change('CONFIRMED', 5))
    assert.deepEqual(
      next?.entries.map(({ position }) => position.offset),
      [1, 5, 9],
    )
  })
})
