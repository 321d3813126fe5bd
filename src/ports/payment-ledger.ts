import type { OrderIdentity } from '../domain/order.ts'
import type { PaymentAnswer, PaymentIntent, SettledAnswer } from '../domain/payment.ts'
import type { PaymentTally } from '../domain/payment-tally.ts'
import type { UnreadableFact } from './order-book.ts'
import type { AsOf } from './order-book.ts'
import type { Claim, Progress, Shards } from './shards.ts'

export type PaymentFact =
  | UnreadableFact
  | Readonly<{ kind: 'payment'; offset: number; identity: OrderIdentity; intent: PaymentIntent; flagged: boolean }>

/**
 * Payment's side of the store: who may charge which order, and what came of it. Errors: FENCED, STORE_UNAVAILABLE.
 *
 * A reservation is durable before `reserve` resolves and is the only licence to charge. Of several records of one order,
 * on whatever partitions, one position holds it.
 */
export interface PaymentLedger extends Shards {
  /** Facts are of one shard, in offset order. One answer a fact; undefined for those that only count. */
  reserve(claim: Claim, facts: readonly PaymentFact[]): Promise<readonly (PaymentAnswer | undefined)[]>

  /** Writes the outcomes of what `reserve` let this position charge, counts the batch, and moves the shard. */
  settle(claim: Claim, settled: readonly SettledFact[], progress: Progress): Promise<void>

  payments(): Promise<Readonly<{ tally: PaymentTally; asOf: AsOf }>>
}

export type SettledFact =
  | UnreadableFact
  | (Extract<PaymentFact, { kind: 'payment' }> & Readonly<{ answer: SettledAnswer }>)
