import type { FraudAlert } from '../domain/fraud.ts'
import type { OrderIdentity } from '../domain/order.ts'
import type { UnreadableFact } from './order-book.ts'
import type { Claim, Progress, Shards } from './shards.ts'

/** A record that a group refused. It is identified by `group` and its original place. */
export type DeadLetter = Readonly<{
  group: string
  /** Where the refused record was. `topicId` is not carried by other systems' letters, and is empty then. */
  topic: string
  partition: number
  offset: number
  /** Where the letter itself is. */
  letter: Readonly<{ topic: string; partition: number; offset: number }>
  code: string
  message: string
  stage: string
  deliveryCount: number
  firstFailedAtMs: number
  /** Log time of the letter. */
  timestampMs: number
  /** What order the record speaks of, where that can be told. */
  orderId: number | null
  /** How often the record was redriven before it was refused here. */
  redriveCount: number
}>

/** That a letter's record was sent to its group again; `topic`, `partition` and `offset` are where it is now. */
export type Redriven = Readonly<{ atMs: number; job: string; topic: string; partition: number; offset: number }>

export type ViewFact =
  | UnreadableFact
  | Readonly<{ kind: 'alert'; offset: number; identity: OrderIdentity; alert: FraudAlert; timestampMs: number }>
  | Readonly<{ kind: 'dead-letter'; offset: number; letter: DeadLetter }>
  /** It may be read before its letter: topics are read side by side. */
  | Readonly<{ kind: 'redrive'; offset: number; letterId: string; redriven: Redriven }>
  /** A record that shows nothing. */
  | Readonly<{ kind: 'nothing'; offset: number }>

/**
 * The views of alerts (one an order identity and reason), dead letters (one a group and original place) and redrives (one a
 * letter, the latest by log time, then offset).
 */
export interface ViewStore extends Shards {
  applyViews(claim: Claim, facts: readonly ViewFact[], progress: Progress): Promise<void>
}
