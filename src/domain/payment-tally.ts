import type { Order } from './order.ts'
import type { SettledAnswer } from './payment.ts'
import { addToSums, restoreSums, storeSums, type StoredSums, type Sums } from './totals.ts'

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
