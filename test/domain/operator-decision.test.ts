import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { orderStatuses, type OrderStatus } from '../../src/domain/order.ts'
import {
  decidePayment,
  failedAttemptsMax,
  judgePayment,
  operatorDecisions,
  settlePayment,
  type ChargeOutcome,
  type LedgerState,
  type OperatorDecision,
  type PaymentAnswer,
  type PaymentIntent,
  type PaymentOutcome,
} from '../../src/domain/payment.ts'
import { anOrder, noonMs } from '../support/order-facts.ts'

const atMs = noonMs

function order(offset: number, status: OrderStatus, decision: 'charge' | 'HELD' | 'SKIPPED'): PaymentIntent {
  const position = { topicId: 'orders-1', partition: 0, offset }
  return { order: anOrder(1, { status }), decision, position, atMs: atMs + offset }
}

function command(offset: number, decision: OperatorDecision): PaymentIntent {
  const position = { topicId: 'retry-1', partition: 0, offset }
  const wanted = decision === 'reject' ? 'rejected' : 'charge'
  return { order: anOrder(1), decision: wanted, position, atMs: atMs + 100 + offset, operator: { decision, by: 'me' } }
}

type Outcomes = (intent: PaymentIntent) => ChargeOutcome | undefined

/** Judges one after another; a charge is settled at once as `outcomeOf` says, or stays under way. */
function live(intents: readonly PaymentIntent[], outcomeOf: Outcomes, before?: LedgerState) {
  let state = before
  const answers = intents.map((intent): PaymentAnswer => {
    const { answer, next } = judgePayment(state, intent)
    state = next ?? state
    const outcome = answer.kind === 'charge' ? outcomeOf(intent) : undefined
    if (!outcome || !state) return answer
    state = settlePayment(state, { outcome, atMs: intent.atMs })
    return { kind: 'settled', outcome, atMs: intent.atMs }
  })
  assert.ok(state)
  return { state, answers }
}

const always =
  (outcome: ChargeOutcome | undefined): Outcomes =>
  () =>
    outcome
const rejected = command(50, 'reject')
const histories: readonly Readonly<{ name: string; history: readonly PaymentIntent[]; outcome?: ChargeOutcome }>[] = [
  { name: 'HELD', history: [order(0, 'CREATED', 'HELD')] },
  { name: 'SKIPPED', history: [order(0, 'CANCELLED', 'SKIPPED')] },
  { name: 'PENDING', history: [order(0, 'CREATED', 'charge')] },
  { name: 'PAID', history: [order(0, 'CREATED', 'charge')], outcome: 'PAID' },
  { name: 'DECLINED', history: [order(0, 'CREATED', 'charge')], outcome: 'DECLINED' },
  { name: 'DECLINED', history: [order(0, 'CREATED', 'HELD'), rejected] },
]
const cancelled = order(1, 'CANCELLED', 'HELD')

function decides(decision: OperatorDecision, status: string, isCancelled: boolean): boolean {
  if (decision === 'reject') return status === 'HELD'
  return !isCancelled && status === (decision === 'release' ? 'HELD' : 'DECLINED')
}

const cases = histories.flatMap(({ name, history, outcome }) =>
  [false, true].flatMap((isCancelled) =>
    operatorDecisions.map((decision) => {
      const before = live(isCancelled ? [...history, cancelled] : history, always(outcome)).state
      assert.equal(before.payment.status, name)
      return { name, isCancelled: isCancelled || name === 'SKIPPED', decision, before }
    }),
  ),
)

describe('an operator’s command', () => {
  for (const { name, isCancelled, decision, before } of cases) {
    const does = decides(decision, name, isCancelled)
    const what = `${decision} of what is ${name}${isCancelled ? ' and cancelled' : ''}`
    const given = command(0, decision)

    it(`${does ? 'decides' : 'decides nothing'}: ${what}, whether it comes once or again`, () => {
      for (const outcome of ['PAID', 'DECLINED'] as const) {
        const { state, answers } = live([given], always(outcome), before)
        const [answer] = answers
        const settled = { kind: 'settled', outcome: decision === 'reject' ? 'DECLINED' : outcome, atMs: given.atMs }
        assert.deepEqual(answer, does ? settled : { kind: 'duplicate' })
        if (!does) assert.deepEqual(state.payment, before.payment)
        assert.deepEqual(state.entries.at(-1)?.operator, { decision, by: 'me' })
        assert.deepEqual(live([given, given], always('PAID'), state), { state, answers: [answer, answer] })
        assert.equal(live([command(1, decision)], always('PAID'), before).answers[0]?.kind, answer?.kind)
      }
    })

    it(`leaves what was answered before: ${what}`, () => {
      const { state } = live([given], always('PAID'), before)
      for (const { position, status } of before.entries.filter(({ effect }) => effect !== 'charge')) {
        const again = { ...order(0, status, 'HELD'), position }
        assert.deepEqual(judgePayment(state, again).answer, judgePayment(before, again).answer)
      }
      if (name !== 'DECLINED') return
      const first = order(0, 'CREATED', before.entries[0].effect === 'HELD' ? 'HELD' : 'charge')
      assert.deepEqual(judgePayment(state, first), judgePayment(before, first))
    })
  }

  it('may charge only from its own position, as often as it comes before it is settled', () => {
    const held = live([order(0, 'CREATED', 'HELD')], always(undefined)).state
    const [release, another] = [command(0, 'release'), command(1, 'release')]
    const { answers } = live([release, another, release], always(undefined), held)
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['charge', 'duplicate', 'charge'],
    )
  })

  it('about an order that is not known decides nothing', () => {
    for (const decision of operatorDecisions) {
      assert.deepEqual(judgePayment(undefined, command(0, decision)), { answer: { kind: 'duplicate' } })
    }
  })

  it('about other content is a conflict', () => {
    const held = live([order(0, 'CREATED', 'HELD')], always(undefined)).state
    const other = { ...command(0, 'release'), order: anOrder(1, { country: 'DE' }) }
    assert.deepEqual(judgePayment(held, other), { answer: { kind: 'conflict', fields: ['country'] } })
  })

  it('takes no status: the record that brings it is a status change later', () => {
    const held = live([order(0, 'CREATED', 'HELD')], always(undefined)).state
    const release = { ...command(0, 'release'), order: anOrder(1, { status: 'CONFIRMED' }) }
    const { answers } = live([release, order(1, 'CONFIRMED', 'HELD')], always('PAID'), held)
    assert.deepEqual(answers[1], { kind: 'status-change', cancelledAfterPaid: false })
  })
})

const step = fc.oneof(
  fc.record({ status: fc.constantFrom(...orderStatuses), flagged: fc.boolean() }),
  fc.record({ decision: fc.constantFrom(...operatorDecisions) }),
)

function intentsOf(steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) {
  return steps.map((one, n): PaymentIntent => {
    if ('decision' in one) return { ...command(n, one.decision), atMs: atMs + n }
    return order(n, one.status, decidePayment(anOrder(1, { status: one.status }), one.flagged, 'billable'))
  })
}

function publishedBy(answer: PaymentAnswer | undefined): PaymentOutcome | undefined {
  return answer?.kind === 'settled' ? answer.outcome : undefined
}

describe('a ledger with operators’ commands', () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 12 })
  const luck = fc.array(fc.constantFrom('PAID', 'DECLINED', 'DECLINED'), { minLength: 12, maxLength: 12 })

  it('gives every position its answer again, and is never paid twice', () => {
    fc.assert(
      fc.property(steps, luck, (list, outcomes) => {
        const intents = intentsOf(list)
        const { state, answers } = liveOf(intents, ({ position }) => outcomes[position.offset])
        if (!state) return
        for (const [index, intent] of intents.entries()) {
          const isNoted = state.entries.some(({ position }) => position.offset === intent.position.offset)
          if (isNoted) assert.deepEqual(judgePayment(state, intent), { answer: answers[index] })
        }
        assert.ok(answers.filter((answer) => publishedBy(answer) === 'PAID').length <= 1)
      }),
    )
  })

  it('is filled from what was published to the same payment, whichever topic is read first', () => {
    fc.assert(
      fc.property(steps, luck, fc.infiniteStream(fc.boolean()), (list, outcomes, turns) => {
        const intents = intentsOf(list)
        const { state, answers } = liveOf(intents, ({ position }) => outcomes[position.offset])
        const recorded = intents.map((intent, index) => asRecorded(intent, publishedBy(answers[index])))
        const queues = [true, false].map((ofOrders) => recorded.filter(({ operator }) => ofOrders === !operator))
        let filled: LedgerState | undefined
        while (queues.some(({ length }) => length > 0)) {
          const [first = [], second = []] = turns.next().value ? queues : queues.toReversed()
          const intent = first.shift() ?? second.shift()
          assert.ok(intent)
          const { answer, next } = judgePayment(filled, intent)
          filled = next ?? filled
          assert.equal(publishedBy(answer), intent.recorded)
        }
        assert.deepEqual(filled?.payment, state?.payment)
      }),
    )
  })
})

function asRecorded(intent: PaymentIntent, published: PaymentOutcome | undefined): PaymentIntent {
  if (!published) return { ...intent, decision: 'none' }
  const byOperator = intent.operator?.decision === 'reject' ? 'rejected' : 'charge'
  const decision = published === 'HELD' || published === 'SKIPPED' ? published : byOperator
  return { ...intent, decision, recorded: published }
}

function liveOf(intents: readonly PaymentIntent[], outcomeOf: Outcomes) {
  const [first] = intents
  // Commands before the first record of the order meet no ledger.
  if (!intents.some(({ operator }) => !operator) || !first)
    return { state: undefined, answers: intents.map(() => duplicate) }
  return live(intents, outcomeOf)
}
const duplicate: PaymentAnswer = { kind: 'duplicate' }

describe('failed attempts', () => {
  it('stay with the payment, also of the charge that was declined, and the newest are kept', () => {
    const attempt = (n: number) => ({ atMs: n, reason: `failed ${n}` })
    const pending = live([order(0, 'CREATED', 'charge')], always(undefined)).state
    const declined = settlePayment(pending, { outcome: 'DECLINED', atMs: 5, attempts: [1, 2, 3].map(attempt) })
    const { next } = judgePayment(declined, command(0, 'retry'))
    assert.ok(next)
    const all = Array.from({ length: failedAttemptsMax - 2 }, (_, n) => attempt(n + 4))
    const paid = settlePayment(next, { outcome: 'PAID', atMs: 30, attempts: all })
    assert.deepEqual(paid.payment.attempts, [attempt(2), attempt(3), ...all])
    assert.equal('attempts' in settlePayment(pending, { outcome: 'PAID', atMs: 5 }).payment, false)
  })
})
