import { retryTopic } from '../codec/dead-letter-codec.ts'
import { decodeDecision } from '../codec/decision-codec.ts'
import { orderGroups } from '../codec/groups.ts'
import { decodeOrder, type DecodedOrder } from '../codec/order-codec.ts'
import { encodePayment } from '../codec/payment-codec.ts'
import { assessFraud, type FraudRules } from '../domain/fraud.ts'
import { identityOf, identityText, type OrderIdReuse } from '../domain/order.ts'
import {
  decidePayment,
  type OperatorCommand,
  type PaymentAnswer,
  type PaymentIntent,
  type PaymentPolicy,
  type SettledAnswer,
} from '../domain/payment.ts'
import type { Position } from '../domain/position.ts'
import { positionOf, type Apply, type Item, type Service } from '../pipeline/service.ts'
import type { Log, LogRecord } from '../ports/log.ts'
import type { PaymentFact, PaymentLedger, SettledFact } from '../ports/payment-ledger.ts'
import { conflictError, orderInput, unreadable } from './order-input.ts'
import type { Charger } from './charger.ts'
import { openRecordedPayments, type RecordedPayments } from './recorded-payments.ts'

export type PaymentServiceDeps = Readonly<{
  topic: string
  log: Log
  ledger: PaymentLedger
  charge: Charger
  policy: PaymentPolicy
  rules: FraudRules
  reuse: OrderIdReuse
  now: () => number
}>

type Answer = SettledAnswer | undefined
type PaymentRecord = Extract<PaymentFact, { kind: 'payment' }>
/** `operator`: not the order is told, but what somebody decided about its payment. */
type PaymentInput = DecodedOrder & Readonly<{ operator?: OperatorCommand }>

/**
 * Reads orders, and what operators decide about their payments; charges each once; PAID to `payments`, every other outcome to
 * `payment-outcomes`, keyed by order id.
 */
export function paymentService(deps: PaymentServiceDeps): Service<PaymentInput, PaymentFact, Answer> {
  const { topic, log, ledger, charge } = deps
  const group = orderGroups.payment
  return {
    name: 'payment',
    group,
    ...orderInput(topic, group),
    decode: paymentDecoder(retryTopic(topic, group)),
    decide: (items) => items.map((item) => paymentFactOf(item, deps)),
    effects: {
      kind: 'store',
      shards: ledger,
      apply: reserveAndSettle(ledger, charge),
      openCatchUp: async (shard, range) => applyRecorded(ledger, await openRecordedPayments(log, shard, range)),
    },
    emit: (items, answers) =>
      items.flatMap((item, index) => {
        const answer = answers[index]
        if (item.kind !== 'value' || answer?.kind !== 'settled') return []
        return [encodePayment(group, { order: item.value.order, ...answer }, positionOf(item.record))]
      }),
    refusal: (item, answer) =>
      item.kind === 'value' && answer?.kind === 'conflict' ? conflictError(item.value.order.id, answer) : undefined,
  }
}

/** `retries` is the topic where records may be decisions of an operator. */
export function paymentDecoder(retries: string): (record: LogRecord) => PaymentInput {
  return (record) => {
    const decoded = decodeOrder(record)
    const operator = record.topic === retries ? decodeDecision(record) : undefined
    return operator ? { ...decoded, operator } : decoded
  }
}

/** What a record asks of the ledger, as the policy and the rules are now. */
export function paymentFactOf(
  item: Item<PaymentInput>,
  { policy, rules, reuse, now }: Pick<PaymentServiceDeps, 'policy' | 'rules' | 'reuse' | 'now'>,
): PaymentFact {
  if (item.kind !== 'value') return unreadable(item)
  const { order, operator } = item.value
  const flagged = assessFraud(order, rules) !== undefined
  const decision = operator ? decisionOf(operator) : decidePayment(order, flagged, policy)
  return {
    kind: 'payment',
    offset: item.record.offset,
    identity: identityOf(order, reuse),
    intent: { order, decision, position: positionOf(item.record), atMs: now(), ...(operator && { operator }) },
    flagged,
  }
}

function decisionOf({ decision }: OperatorCommand): PaymentIntent['decision'] {
  return decision === 'reject' ? 'rejected' : 'charge'
}

/** Fills a ledger with what was done then: nobody is charged. */
export function applyRecorded(ledger: PaymentLedger, recorded: RecordedPayments): Apply<PaymentFact, Answer> {
  const apply = reserveAndSettle(ledger, (fact) => Promise.resolve(recorded.answer(fact)))
  return (claim, facts, ...rest) => apply(claim, facts.map(recorded.decided), ...rest)
}

/** Reserve, charge, settle: the reservation is durable before the gateway is asked, so no one else asks for this order. */
function reserveAndSettle(ledger: PaymentLedger, charge: Charger): Apply<PaymentFact, Answer> {
  return async (claim, facts, progress, signal) => {
    const reserved = await ledger.reserve(claim, facts)
    const charges = await Promise.allSettled(
      facts.map(async (fact, index): Promise<Answer> => {
        const answer = reserved[index]
        if (answer?.kind !== 'charge') return answer
        return fact.kind === 'payment' ? charge(asRetry(fact, answer.retry), signal) : undefined
      }),
    )
    const answers = withoutDeclined(facts, reserved, charges.map(valueOf))
    await ledger.settle(
      claim,
      facts.flatMap((fact, index) => settledFact(fact, answers[index])),
      progress,
    )
    return answers
  }
}

function asRetry(fact: PaymentRecord, retry: Position | undefined): PaymentRecord {
  return retry ? { ...fact, intent: { ...fact.intent, retry } } : fact
}

function valueOf(result: PromiseSettledResult<Answer>): Answer {
  if (result.status === 'rejected') throw result.reason
  return result.value
}

/** A cancellation behind a charge of the same batch was answered before it was known whether that charge pays. */
function withoutDeclined(
  facts: readonly PaymentFact[],
  reserved: readonly (PaymentAnswer | undefined)[],
  answers: readonly Answer[],
): readonly Answer[] {
  const unpaid = new Set<string>()
  return answers.map((answer, index) => {
    const fact = facts[index]
    if (fact?.kind !== 'payment') return answer
    const key = identityText(fact.identity)
    const isCharged = reserved[index]?.kind === 'charge'
    if (isCharged && answer?.kind === 'settled' && answer.outcome !== 'PAID') unpaid.add(key)
    return answer?.kind === 'status-change' && unpaid.has(key) ? { ...answer, cancelledAfterPaid: false } : answer
  })
}

function settledFact(fact: PaymentFact, answer: Answer): readonly SettledFact[] {
  if (fact.kind !== 'payment') return [fact]
  return answer ? [{ ...fact, answer }] : []
}
