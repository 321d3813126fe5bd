import type { OrderId, OrderStatus } from '../domain/order.ts'
import type { OrderContent } from '../domain/order-state.ts'
import type { Position } from '../domain/position.ts'
import type { OrderStory } from '../ports/order-queries.ts'

/** A record by the name of its topic. */
export type Place = Readonly<{ topic: string; partition: number; offset: number }>

/** A record of the order: on the input topic, or on the retry topic of one group. */
export type OrderRecord = Readonly<{
  place: Place
  /** Of the topic that it was in, which may have been made again since. */
  topicId: string
  /** Log time; null when the log has it no more. */
  timestampMs: number | null
  /** null where no group that tells it has read the record. */
  status: OrderStatus | null
  /** What the record itself says, which may be refused; of one that the log has no more, what the store kept of it. */
  content: OrderContent | null
  /** The one group that reads it; null for a record of the input, which all read. */
  retriedFor: string | null
  /** The letter that it was, and the job that sent it again. */
  redrive: Readonly<{ letterId: string; job: string }> | null
  /** What an operator asked of payment by this record. */
  command: Readonly<{ action: string; by: string }> | null
}>

/** A record that a group wrote because of another one. */
export type Output = Readonly<{ place: Place; timestampMs: number }>
/** The first totals that include a record. */
export type CountedBy = Output & Readonly<{ orderCount: number; next: number }>

export type JourneyFacts = Readonly<{
  orderId: OrderId
  identities: number
  /** Without anything in it for an order that no group has handled. */
  story: OrderStory
  /** In the order of their places. */
  records: readonly OrderRecord[]
  alerts: readonly Readonly<{ reason: string; atMs: number; place: Place | null; source: Position | null }>[]
  /** Records of which every alert is known, and there is none. */
  cleared: readonly OrderRecord[]
  /** By `positionText` of the record that decided. */
  payments: ReadonlyMap<string, Output>
  counted: ReadonlyMap<string, CountedBy>
  pending: readonly Pending[]
  truncated: boolean
}>

/** A group that has not handled a record of the order; `lagRecords` are before it, at most. */
export type Pending = Readonly<{ group: string; record: Place; lagRecords: number }>

export type JourneyEvent = Readonly<{
  kind:
    | 'received'
    | 'status-changed'
    | 'fraud-cleared'
    | 'fraud-flagged'
    | 'payment-decided'
    | 'payment-attempted'
    | 'payment-settled'
    | 'operator-decided'
    | 'counted'
    | 'refused'
    | 'redriven'
  /** Log time, or the time that the store kept; null where neither is known. */
  atMs: number | null
  record: Place | null
  group: string | null
  title: string
  detail: string
  state: 'good' | 'warning' | 'bad' | 'neutral'
  /** Log time of the record of the order that led to it. */
  sinceMs: number | null
  deadLetterId: string | null
}>

export function positionText({ topicId, partition, offset }: Position): string {
  return `${topicId}-${partition}-${offset}`
}

export function positionOf({ topicId, place: { partition, offset } }: OrderRecord): Position {
  return { topicId, partition, offset }
}
