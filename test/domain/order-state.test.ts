import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { identityOf, identityText, orderStatuses, type Order } from '../../src/domain/order.ts'
import { contentOf, currentStatus, judgeOrder, type OrderState } from '../../src/domain/order-state.ts'
import { anOrder, noonMs } from '../support/order-facts.ts'

type Told = Readonly<{ order: Order; offset: number }>

/** Judges records one after another, as a store does. */
function judgeAll(told: readonly Told[], before?: OrderState) {
  let state = before
  const answers = told.map(({ order, offset }) => {
    const { answer, append } = judgeOrder(state, order, { topicId: 't', partition: 0, offset })
    if (append)
      state = { content: state?.content ?? contentOf(order), entries: state ? [...state.entries, append] : [append] }
    return answer
  })
  return { state, answers }
}

const told = fc
  .array(fc.record({ status: fc.constantFrom(...orderStatuses), country: fc.constantFrom('US', 'US', 'US', 'DE') }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((records) => records.map((over, offset) => ({ order: anOrder(1, over), offset })))

describe('order state', () => {
  it('names every field in which a conflict differs', () => {
    const { state } = judgeAll([{ order: anOrder(1), offset: 0 }])
    const other = anOrder(1, {
      customerId: 1,
      amount: { currency: 'EUR', minor: 1 },
      country: 'FR',
      createdAtMs: noonMs + 1,
      status: 'CANCELLED',
    })
    const { answer, append } = judgeOrder(state, other, { topicId: 't', partition: 0, offset: 9 })
    const fields = ['customerId', 'amountMinor', 'currency', 'country', 'createdAtMs']
    assert.deepEqual(answer, { kind: 'conflict', fields })
    assert.equal(append, undefined)
  })

  it('takes a status that it had before as a duplicate', () => {
    const statuses = ['CREATED', 'CONFIRMED', 'CREATED', 'CANCELLED', 'CONFIRMED'] as const
    const { state, answers } = judgeAll(statuses.map((status, offset) => ({ order: anOrder(1, { status }), offset })))
    const kinds = answers.map(({ kind }) => kind)
    assert.deepEqual(kinds, ['first', 'status-change', 'duplicate', 'status-change', 'duplicate'])
    assert.equal(state && currentStatus(state), 'CANCELLED')
  })

  it('repeats its answers for any part of the log that comes again, and stays as it is', () => {
    fc.assert(
      fc.property(told, fc.nat(), fc.nat(), (log, a, b) => {
        const [from, to] = [a % log.length, b % (log.length + 1)]
        const { state, answers } = judgeAll(log)
        const again = judgeAll(log.slice(from, to), state)
        assert.deepEqual(again.answers, answers.slice(from, Math.max(from, to)))
        assert.deepEqual(again.state, state)
      }),
    )
  })

  it('is the same whether a prefix and the rest are judged apart or all at once', () => {
    fc.assert(
      fc.property(told, fc.nat(), (log, cut) => {
        const at = cut % (log.length + 1)
        const prefix = judgeAll(log.slice(0, at))
        const rest = judgeAll(log.slice(at), prefix.state)
        assert.deepEqual([...prefix.answers, ...rest.answers], judgeAll(log).answers)
        assert.deepEqual(rest.state, judgeAll(log).state)
      }),
    )
  })

  it('has at most one entry a status, and exactly one first', () => {
    fc.assert(
      fc.property(told, (log) => {
        const { state, answers } = judgeAll(log)
        assert.equal(answers.filter(({ kind }) => kind === 'first').length, 1)
        const statuses = state?.entries.map(({ status }) => status) ?? []
        assert.equal(new Set(statuses).size, statuses.length)
      }),
    )
  })

  it('takes the creation time into the identity only where ids are used again', () => {
    const order = anOrder(5)
    assert.equal(identityText(identityOf(order, 'refuse')), '5')
    assert.equal(identityText(identityOf(order, 'replace')), `5@${noonMs}`)
  })
})
