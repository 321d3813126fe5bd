import type { Order, OrderStatus } from './order.ts'
import { contentOf, currentStatus, judgeOrder, type OrderAnswer, type OrderContent } from './order-state.ts'
import { samePosition, type Position } from './position.ts'

/** `all` pays every order once. `billable` skips cancelled orders and holds those that the fraud rules flag. */
export type PaymentPolicy = 'all' | 'billable'

/** What a gateway can answer for good. PAID is final. */
export type ChargeOutcome = 'PAID' | 'DECLINED'
export type PaymentOutcome = ChargeOutcome | 'SKIPPED' | 'HELD'
export type PaymentDecision = 'charge' | 'SKIPPED' | 'HELD'

export function decidePayment(order: Order, flagged: boolean, policy: PaymentPolicy): PaymentDecision {
  if (policy === 'all') return 'charge'
  if (order.status === 'CANCELLED') return 'SKIPPED'
  return flagged ? 'HELD' : 'charge'
}

/** What an operator may decide: about a HELD payment the first two, about a DECLINED one the last. */
export const operatorDecisions = ['release', 'reject', 'retry'] as const
export type OperatorDecision = (typeof operatorDecisions)[number]
/** `by` names the caller and is no secret. */
export type OperatorCommand = Readonly<{ decision: OperatorDecision; by: string }>

/**
 * What one record did to the payment of its order; `noted` is a status change, or an operator's command, that decided nothing.
 * `cancelled-after-paid` is said while the payment is PENDING too, and taken back if it is declined then. `rejected`: an
 * operator declined what was held.
 */
export type LedgerEffect = PaymentDecision | 'rejected' | 'noted' | 'cancelled-after-paid'
/** `retry`: of a charge that asks again what an operator's retry at that position may have asked before it was given up. */
export type LedgerEntry = Readonly<{
  position: Position
  /** A command has that of the entry before it: it changes none. */
  status: OrderStatus
  effect: LedgerEffect
  atMs: number
  operator?: OperatorCommand
  /** Of a charge that was declined, once another entry charges again. */
  declinedAtMs?: number
  retry?: Position
}>

/** A call of the gateway that failed; it was repeated. */
export type FailedAttempt = Readonly<{ atMs: number; reason: string }>
/** The newest are kept. */
export const failedAttemptsMax = 10
/** Absent where no call failed. */
export type Attempts = Readonly<{ attempts?: readonly FailedAttempt[] }>

/** `PENDING` means that the gateway may have been called, and that only the reserving position may call it again. */
export type LedgerPayment = Attempts &
  (
    | Readonly<{ status: 'PENDING'; position: Position }>
    | Readonly<{ status: PaymentOutcome; position: Position; atMs: number }>
  )

export type LedgerState = Readonly<{
  content: OrderContent
  entries: readonly [LedgerEntry, ...LedgerEntry[]]
  payment: LedgerPayment
}>

/** `attempts` are those of this charge. */
export type Settlement = Attempts & Readonly<{ outcome: PaymentOutcome; atMs: number }>

export type PaymentAnswer =
  /** This position holds the reservation: charge, as that `retry` if there is one, then settle. */
  | Readonly<{ kind: 'charge'; retry?: Position }>
  | (Readonly<{ kind: 'settled' }> & Settlement)
  | Readonly<{ kind: 'status-change'; cancelledAfterPaid: boolean }>
  | Exclude<OrderAnswer, { kind: 'first' | 'status-change' }>

/** An answer after the gateway was asked. */
export type SettledAnswer = Exclude<PaymentAnswer, { kind: 'charge' }>

export type PaymentIntent = Readonly<{
  order: Order
  /**
   * `none`: a record that is known to have decided nothing, read again. It never makes or changes a payment. `rejected` is
   * only an operator's.
   */
  decision: PaymentDecision | 'rejected' | 'none'
  position: Position
  atMs: number
  /** The record is a command about a payment that the ledger has. */
  operator?: OperatorCommand
  /** Whose key the gateway knows this charge by; of the answer to this intent. */
  retry?: Position
  /** What was published of the decision: it stands, in whatever order a ledger is filled from several partitions. */
  recorded?: PaymentOutcome
}>

type Judgement = Readonly<{ answer: PaymentAnswer; next?: LedgerState }>

/**
 * What a record means for its order's payment, and the ledger state to keep when it changes something.
 * A position that is known repeats what it was answered before.
 */
export function judgePayment(state: LedgerState | undefined, intent: PaymentIntent): Judgement {
  if (!state) return judgeFirst(intent)
  const known = state.entries.find((entry) => samePosition(entry.position, intent.position))
  if (known && (!intent.recorded || isAnswered(known, state.payment))) return { answer: answerOf(known, state.payment) }
  const { answer } = judgeOrder(state, intent.order, intent.position)
  if (answer.kind === 'conflict') return { answer }
  if (intent.recorded) return judgeRecorded(state, intent, intent.recorded)
  if (intent.operator) return append(state, intent, effectOfCommand(state, intent.operator, intent.decision))
  if (answer.kind !== 'status-change') return { answer: { kind: 'duplicate' } }
  return append(state, intent, effectOfChange(state.payment, intent))
}

/** A command about an order that is not known decides nothing, and there is no payment to note it at. */
function judgeFirst(intent: PaymentIntent): Judgement {
  const { order, decision, position, atMs, operator, recorded } = intent
  if (decision === 'none' || (operator && !recorded)) return { answer: { kind: 'duplicate' } }
  const entry = entryOf(intent, order.status, decision)
  const payment = recorded ? { status: recorded, position, atMs } : paymentBy(entry)
  return { answer: answerOf(entry, payment), next: { content: contentOf(order), entries: [entry], payment } }
}

function append(state: LedgerState, intent: PaymentIntent, effect: LedgerEffect): Judgement {
  const { content, entries, payment: before } = state
  const entry = { ...entryOf(intent, statusOf(state, intent), effect), ...retryGivenUp(state, effect) }
  const decides = isDecision(effect)
  const payment = decides ? { ...paymentBy(entry), ...attemptsOf(before.attempts) } : before
  const kept = decides ? withDeclined(entries, before) : entries
  return { answer: answerOf(entry, payment), next: { content, entries: [...kept, entry], payment } }
}

function retryGivenUp({ entries, payment }: LedgerState, effect: LedgerEffect): Pick<LedgerEntry, 'retry'> {
  if (effect !== 'charge' || payment.status !== 'HELD') return {}
  const held = entries.find(({ position }) => samePosition(position, payment.position))
  const retry = held?.retry ?? (held?.operator?.decision === 'retry' ? held.position : undefined)
  return retry ? { retry } : {}
}

/**
 * Published decisions may come in another order than they were taken in: PAID is final, a declined charge is after what was
 * skipped or held, and of equals the latest holds.
 */
function judgeRecorded(state: LedgerState, intent: PaymentIntent, outcome: PaymentOutcome): Judgement {
  const { content, entries, payment: before } = state
  const { position, atMs, decision, operator } = intent
  const entry = entryOf(intent, statusOf(state, intent), decision === 'none' ? 'noted' : decision)
  const recorded = { status: outcome, position, atMs }
  const holds = isAfter(recorded, before, operator !== undefined)
  const isDeclined = outcome === 'DECLINED' && entry.effect === 'charge'
  const own = isDeclined && !holds ? { ...entry, declinedAtMs: atMs } : entry
  const payment = holds ? recorded : before
  const kept = holds ? withDeclined(entries, before) : entries
  return { answer: answerOf(own, payment), next: { content, entries: withEntry(kept, own), payment } }
}

const ranks = { HELD: 0, SKIPPED: 0, PENDING: 1, DECLINED: 2, PAID: 3 } as const

function isAfter(
  recorded: Readonly<{ status: PaymentOutcome; atMs: number }>,
  before: LedgerPayment,
  isCommand: boolean,
): boolean {
  const ahead = ranks[recorded.status] - ranks[before.status]
  if (ahead !== 0 || !('atMs' in before)) return ahead > 0
  if (recorded.status === 'PAID') return false
  // Of the same millisecond, a command is about what was there.
  return recorded.atMs > before.atMs || (recorded.atMs === before.atMs && (isCommand || recorded.status !== 'DECLINED'))
}

function entryOf({ position, atMs, operator }: PaymentIntent, status: OrderStatus, effect: LedgerEffect): LedgerEntry {
  return { position, status, effect, atMs, ...(operator && { operator }) }
}

function statusOf(state: LedgerState, { operator, order }: PaymentIntent): OrderStatus {
  return operator ? currentStatus(state) : order.status
}

function withEntry(entries: LedgerState['entries'], entry: LedgerEntry): LedgerState['entries'] {
  if (!entries.some(({ position }) => samePosition(position, entry.position))) return [...entries, entry]
  return mapEntries(entries, (one) => (samePosition(one.position, entry.position) ? entry : one))
}

function mapEntries(
  [first, ...others]: LedgerState['entries'],
  map: (entry: LedgerEntry) => LedgerEntry,
): LedgerState['entries'] {
  return [map(first), ...others.map(map)]
}

/** The charge that the payment was declined by keeps that answer when another one takes its place. */
function withDeclined(entries: LedgerState['entries'], payment: LedgerPayment): LedgerState['entries'] {
  if (payment.status !== 'DECLINED') return entries
  return mapEntries(entries, (entry) =>
    entry.effect === 'charge' && samePosition(entry.position, payment.position)
      ? { ...entry, declinedAtMs: payment.atMs }
      : entry,
  )
}

/** False for a charge whose reservation another one has overtaken, in a ledger that is behind what was published. */
function isAnswered({ effect, position, declinedAtMs }: LedgerEntry, payment: LedgerPayment): boolean {
  return effect !== 'charge' || declinedAtMs !== undefined || samePosition(position, payment.position)
}

/**
 * What a reservation may be settled with: what the gateway answered, or HELD, where nobody knows whether it was asked and
 * nobody may ask any more under this position.
 */
export function settlesReservation(outcome: PaymentOutcome): boolean {
  return outcome !== 'SKIPPED'
}

/** The ledger state after a reservation was settled. Settling twice changes nothing: the first answer stays. */
export function settlePayment(state: LedgerState, { outcome, atMs, attempts = [] }: Settlement): LedgerState {
  const { payment: reserved, entries } = state
  if (reserved.status !== 'PENDING') return state
  const { position } = reserved
  const failed = attemptsOf([...(reserved.attempts ?? []), ...attempts])
  const payment = { status: outcome, position, atMs, ...failed }
  if (outcome === 'PAID') return { ...state, payment }
  const unpaid = mapEntries(entries, withoutCancellation)
  return { ...state, payment, entries: outcome === 'HELD' ? withHeld(unpaid, position) : unpaid }
}

/** As if it had been held at once: the charge that releases it is another entry's. */
function withHeld(entries: LedgerState['entries'], position: Position): LedgerState['entries'] {
  return mapEntries(entries, (entry) => (samePosition(entry.position, position) ? { ...entry, effect: 'HELD' } : entry))
}

function attemptsOf(attempts: readonly FailedAttempt[] = []): Attempts {
  return attempts.length === 0 ? {} : { attempts: attempts.slice(-failedAttemptsMax) }
}

function withoutCancellation(entry: LedgerEntry): LedgerEntry {
  return entry.effect === 'cancelled-after-paid' ? { ...entry, effect: 'noted' } : entry
}

function paymentBy({ effect, position, atMs }: LedgerEntry): LedgerPayment {
  if (effect === 'SKIPPED' || effect === 'HELD') return { status: effect, position, atMs }
  return effect === 'rejected' ? { status: 'DECLINED', position, atMs } : { status: 'PENDING', position }
}

function effectOfChange(payment: LedgerPayment, { decision, order }: PaymentIntent): LedgerEffect {
  switch (payment.status) {
    case 'SKIPPED':
    case 'HELD':
      return decision === payment.status || decision === 'none' ? 'noted' : decision
    case 'PAID':
    case 'PENDING':
      return order.status === 'CANCELLED' ? 'cancelled-after-paid' : 'noted'
    case 'DECLINED':
      return 'noted'
    default:
      return payment satisfies never
  }
}

function effectOfCommand(
  state: LedgerState,
  { decision }: OperatorCommand,
  decided: PaymentIntent['decision'],
): LedgerEffect {
  if (decided === 'none') return 'noted'
  const obstacle = commandObstacle(decision, state.payment.status, currentStatus(state))
  return obstacle === undefined ? decided : 'noted'
}

/** Why a command about this payment would decide nothing, in words; undefined where it decides. */
export function commandObstacle(
  decision: OperatorDecision,
  status: LedgerPayment['status'],
  orderStatus: OrderStatus,
): string | undefined {
  const wanted = statusFor(decision)
  if (status !== wanted) return `its payment is ${status}, and only what is ${wanted} can be ${pastOf[decision]}`
  if (decision === 'reject' || orderStatus !== 'CANCELLED') return undefined
  return 'it is CANCELLED, and would be charged'
}

/** Of the payments that a decision is about. */
export function statusFor(decision: OperatorDecision): 'DECLINED' | 'HELD' {
  return decision === 'retry' ? 'DECLINED' : 'HELD'
}

const pastOf = { release: 'released', reject: 'rejected', retry: 'retried' } as const

function isDecision(effect: LedgerEffect): boolean {
  return effect !== 'noted' && effect !== 'cancelled-after-paid'
}

function answerOf(entry: LedgerEntry, payment: LedgerPayment): PaymentAnswer {
  const { effect, atMs, operator } = entry
  switch (effect) {
    case 'SKIPPED':
    case 'HELD':
      return { kind: 'settled', outcome: effect, atMs }
    case 'rejected':
      return { kind: 'settled', outcome: 'DECLINED', atMs }
    case 'charge':
      return answerOfCharge(entry, payment)
    case 'noted':
      return operator ? { kind: 'duplicate' } : { kind: 'status-change', cancelledAfterPaid: false }
    case 'cancelled-after-paid':
      return { kind: 'status-change', cancelledAfterPaid: true }
    default:
      return effect satisfies never
  }
}

function answerOfCharge({ position, declinedAtMs, retry }: LedgerEntry, payment: LedgerPayment): PaymentAnswer {
  if (declinedAtMs !== undefined) return { kind: 'settled', outcome: 'DECLINED', atMs: declinedAtMs }
  if (payment.status !== 'PENDING') return { kind: 'settled', outcome: payment.status, atMs: payment.atMs }
  if (!samePosition(position, payment.position)) return { kind: 'duplicate' }
  return { kind: 'charge', ...(retry && { retry }) }
}
