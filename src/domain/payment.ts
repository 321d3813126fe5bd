import type { Order, OrderStatus } from './order.ts'
import { contentOf, judgeOrder, type OrderAnswer, type OrderContent } from './order-state.ts'
import { samePosition, type Position } from './position.ts'
import { addToSums, restoreSums, storeSums, type StoredSums, type Sums } from './totals.ts'

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

/**
 * What one record did to the payment of its order; `noted` is a status change that decided nothing. `cancelled-after-paid`
 * is said while the payment is PENDING too, and taken back if it is declined then.
 */
export type LedgerEffect = PaymentDecision | 'noted' | 'cancelled-after-paid'
export type LedgerEntry = Readonly<{ position: Position; status: OrderStatus; effect: LedgerEffect; atMs: number }>

/** `PENDING` means that the gateway may have been called, and that only the reserving position may call it again. */
export type LedgerPayment =
  | Readonly<{ status: 'PENDING'; position: Position }>
  | Readonly<{ status: PaymentOutcome; position: Position; atMs: number }>

export type LedgerState = Readonly<{
  content: OrderContent
  entries: readonly [LedgerEntry, ...LedgerEntry[]]
  payment: LedgerPayment
}>

export type PaymentAnswer =
  /** This position holds the reservation: charge, then settle. */
  | Readonly<{ kind: 'charge' }>
  | Readonly<{ kind: 'settled'; outcome: PaymentOutcome; atMs: number }>
  | Readonly<{ kind: 'status-change'; cancelledAfterPaid: boolean }>
  | Exclude<OrderAnswer, { kind: 'first' | 'status-change' }>

/** An answer after the gateway was asked. */
export type SettledAnswer = Exclude<PaymentAnswer, { kind: 'charge' }>

/** `none`: a record that is known to have decided nothing, read again. It never makes or changes a payment. */
export type PaymentIntent = Readonly<{
  order: Order
  decision: PaymentDecision | 'none'
  position: Position
  atMs: number
  /** The decision was published, so it stands, in whatever order a ledger is filled from several partitions. */
  isRecorded?: true
}>

/**
 * What a record means for its order's payment, and the ledger state to keep when it changes something.
 * A position that is known repeats what it was answered before.
 */
export function judgePayment(
  state: LedgerState | undefined,
  intent: PaymentIntent,
): Readonly<{ answer: PaymentAnswer; next?: LedgerState }> {
  const { order, position, decision, atMs } = intent
  if (!state) {
    if (decision === 'none') return { answer: { kind: 'duplicate' } }
    const entry = { position, status: order.status, effect: decision, atMs }
    return decide({ content: contentOf(order), entries: [entry], payment: paymentBy(entry) })
  }
  const recorded = state.entries.find((entry) => samePosition(entry.position, position))
  if (recorded) return { answer: answerOf(recorded, state.payment) }
  const { answer } = judgeOrder(state, order, position)
  if (intent.isRecorded && decision !== 'none' && answer.kind !== 'conflict') {
    return decide(withRecorded(state, { position, status: order.status, effect: decision, atMs }))
  }
  if (answer.kind !== 'status-change') return { answer: answer.kind === 'first' ? { kind: 'duplicate' } : answer }
  const entry = { position, status: order.status, effect: effectOfChange(state.payment, intent), atMs }
  return decide({
    content: state.content,
    entries: [...state.entries, entry],
    payment: isDecision(entry.effect) ? paymentBy(entry) : state.payment,
  })
}

/** The ledger state after a reservation was settled. Settling twice changes nothing: the first answer stays. */
export function settlePayment(state: LedgerState, outcome: PaymentOutcome, atMs: number): LedgerState {
  if (state.payment.status !== 'PENDING') return state
  const payment = { status: outcome, position: state.payment.position, atMs }
  if (outcome === 'PAID') return { ...state, payment }
  const [first, ...others] = state.entries
  return { ...state, payment, entries: [first, ...others.map(withoutCancellation)] }
}

function withoutCancellation(entry: LedgerEntry): LedgerEntry {
  return entry.effect === 'cancelled-after-paid' ? { ...entry, effect: 'noted' } : entry
}

function decide(next: LedgerState): Readonly<{ answer: PaymentAnswer; next: LedgerState }> {
  const latest = next.entries.at(-1) ?? next.entries[0]
  return { answer: answerOf(latest, next.payment), next }
}

function paymentBy({ effect, position, atMs }: LedgerEntry): LedgerPayment {
  if (effect === 'SKIPPED' || effect === 'HELD') return { status: effect, position, atMs }
  return { status: 'PENDING', position }
}

/** Published decisions may come in another order than they were taken in: what is final stays, else the latest holds. */
function withRecorded({ content, entries, payment }: LedgerState, entry: LedgerEntry): LedgerState {
  const isOpen = payment.status === 'SKIPPED' || payment.status === 'HELD'
  const holds = isOpen && (entry.effect === 'charge' || entry.atMs >= payment.atMs)
  return { content, entries: [...entries, entry], payment: holds ? paymentBy(entry) : payment }
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

function isDecision(effect: LedgerEffect): effect is PaymentDecision {
  return effect === 'charge' || effect === 'SKIPPED' || effect === 'HELD'
}

function answerOf({ effect, atMs }: LedgerEntry, payment: LedgerPayment): PaymentAnswer {
  switch (effect) {
    case 'SKIPPED':
    case 'HELD':
      return { kind: 'settled', outcome: effect, atMs }
    case 'charge':
      return payment.status === 'PENDING'
        ? { kind: 'charge' }
        : { kind: 'settled', outcome: payment.status, atMs: payment.atMs }
    case 'noted':
      return { kind: 'status-change', cancelledAfterPaid: false }
    case 'cancelled-after-paid':
      return { kind: 'status-change', cancelledAfterPaid: true }
    default:
      return effect satisfies never
  }
}

/**
 * What became of the records of one shard, or of several added up.
 * records = paid + declined + skipped + held + duplicates + statusChanges + deadLetters + tombstones
 */
export type PaymentTally = {
  paid: number
  declined: number
  skipped: number
  held: number
  duplicates: number
  statusChanges: number
  deadLetters: number
  tombstones: number
  /** Among `paid`: orders that were cancelled when they were paid, or that a fraud rule had flagged. */
  paidCancelled: number
  paidFlagged: number
  /** Among `statusChanges`. */
  cancelledAfterPaid: number
  /** Money that was paid. */
  paidSums: Sums
}

export function emptyPaymentTally(): PaymentTally {
  return {
    paid: 0,
    declined: 0,
    skipped: 0,
    held: 0,
    duplicates: 0,
    statusChanges: 0,
    deadLetters: 0,
    tombstones: 0,
    paidCancelled: 0,
    paidFlagged: 0,
    cancelledAfterPaid: 0,
    paidSums: new Map(),
  }
}

const counterByOutcome = { PAID: 'paid', DECLINED: 'declined', SKIPPED: 'skipped', HELD: 'held' } as const

/** Counts one record into `tally`, in place: this runs for every record. */
export function countPayment(tally: PaymentTally, order: Order, flagged: boolean, answer: SettledAnswer): void {
  switch (answer.kind) {
    case 'settled':
      tally[counterByOutcome[answer.outcome]] += 1
      if (answer.outcome !== 'PAID') return
      addToSums(tally.paidSums, order.amount.currency, BigInt(order.amount.minor))
      if (order.status === 'CANCELLED') tally.paidCancelled += 1
      if (flagged) tally.paidFlagged += 1
      return
    case 'status-change':
      tally.statusChanges += 1
      if (answer.cancelledAfterPaid) tally.cancelledAfterPaid += 1
      return
    case 'duplicate':
      tally.duplicates += 1
      return
    case 'conflict':
      tally.deadLetters += 1
      return
    default:
      answer satisfies never
  }
}

const counters = [
  'paid',
  'declined',
  'skipped',
  'held',
  'duplicates',
  'statusChanges',
  'deadLetters',
  'tombstones',
  'paidCancelled',
  'paidFlagged',
  'cancelledAfterPaid',
] as const

/** Adds `more` to `tally`, in place. Associative and commutative, as `addTotals` is. */
export function addPaymentTally(tally: PaymentTally, more: PaymentTally): void {
  for (const counter of counters) tally[counter] += more[counter]
  for (const [currency, minor] of more.paidSums) addToSums(tally.paidSums, currency, minor)
}

/** JSON form as a store keeps it. */
export type StoredPaymentTally = Readonly<Record<(typeof counters)[number], number> & { paidSums: StoredSums }>

export function storePaymentTally(tally: PaymentTally): StoredPaymentTally {
  return { ...tally, paidSums: storeSums(tally.paidSums) }
}

export function restorePaymentTally(stored: StoredPaymentTally): PaymentTally {
  return { ...stored, paidSums: restoreSums(stored.paidSums) }
}
