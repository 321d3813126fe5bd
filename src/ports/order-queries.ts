import type { CountryCode } from '../domain/country.ts'
import type { CurrencyCode } from '../domain/currency.ts'
import type { FraudAlert } from '../domain/fraud.ts'
import type { OrderId, OrderStatus } from '../domain/order.ts'
import type { LedgerState, PaymentOutcome } from '../domain/payment.ts'
import type { PaymentTally } from '../domain/payment-tally.ts'
import type { OrderState } from '../domain/order-state.ts'
import type { AsOf, TotalsSnapshot } from './order-book.ts'
import type { Totals } from '../domain/totals.ts'
import type { ShardKey } from './shards.ts'
import type { DeadLetter, Redriven } from './view-store.ts'

/**
 * The read model. Reads never wait for a writer, and no read is unbounded: a page looks at no more than a fixed number
 * of rows, so that it may hold fewer than `limit` items although there are more; `nextCursor` is null only at the end.
 * A cursor is opaque and belongs to the query that gave it; a foreign one rejects with REQUEST_INVALID.
 */
export interface OrderQueries {
  totals(): Promise<TotalsSnapshot>
  payments(): Promise<Readonly<{ tally: PaymentTally; asOf: AsOf }>>
  /** How many alerts and dead letters the views hold, and how many letters were redriven. */
  viewCounts(): Promise<ViewCounts>
  /** Every shard that was ever claimed, with what it counted, those of topics that were made again too. */
  shards(): Promise<readonly ShardSummary[]>
  /** Every identity with that order id: one, unless ids are used again. */
  findOrder(orderId: OrderId): Promise<readonly OrderStory[]>
  searchOrders(query: OrderQuery): Promise<Page<StoredOrder>>
  searchPayments(query: PageQuery & Readonly<{ outcome?: PaymentOutcome | 'PENDING' }>): Promise<Page<StoredPayment>>
  searchAlerts(query: PageQuery): Promise<Page<StoredAlert>>
  searchDeadLetters(query: DeadLetterQuery): Promise<Page<StoredDeadLetter>>
  findDeadLetter(id: string): Promise<StoredDeadLetter | undefined>
  /** Orders and sales by minute of event time in [fromMs, toMs), ascending; minutes without an order are left out. */
  series(range: Readonly<{ fromMs: number; toMs: number }>): Promise<readonly SeriesPoint[]>
  /** Start of the first day of event time that may have a minute at or after `fromMs` in the series; undefined: none has. */
  nextSeriesDay(fromMs: number): Promise<number | undefined>
  /** Changes whenever something was applied; cheap enough to ask for fifty times a second. */
  version(): Promise<string>
}

export type Page<Item> = Readonly<{ items: readonly Item[]; nextCursor: string | null }>
export type PageQuery = Readonly<{ limit: number; cursor?: string }>

export type ViewCounts = Readonly<{ alerts: number; deadLetters: number; redriven: number }>

/** A shard as it is stored. What a group counts is in one of the last three. */
export type ShardSummary = Readonly<{
  shard: ShardKey
  epoch: number
  owner: string
  from: number
  next: number
  totals?: Totals
  tally?: PaymentTally
  views?: ViewCounts
}>

/**
 * All conditions hold together. Times are log time of the letter, [from, to). Oldest first, letters of one time, which a
 * batch of thousands has, are in the order of their own partition, then offset.
 */
export type DeadLetterQuery = PageQuery &
  Readonly<{
    /** By log time; newest first when left out. */
    sort?: 'newest' | 'oldest'
    group?: string
    code?: string
    orderId?: OrderId
    fromMs?: number
    toMs?: number
    /** `redriven`: it was, at least once. */
    state?: 'open' | 'redriven'
  }>

/** Newest first means: log time of the order's first record, then partition, then offset. */
export const orderSorts = ['newest', 'oldest', 'amount_desc', 'amount_asc', 'order_id_desc', 'order_id_asc'] as const
export type OrderSort = (typeof orderSorts)[number]

/** All conditions hold together. Amounts are in minor units and need `currency`. Times are event time, [from, to). */
export type OrderQuery = PageQuery &
  Readonly<{
    sort: OrderSort
    country?: CountryCode
    status?: OrderStatus
    currency?: CurrencyCode
    customerId?: number
    amountMinorMin?: number
    amountMinorMax?: number
    createdFromMs?: number
    createdToMs?: number
  }>

export type StoredOrder = Readonly<{
  orderId: OrderId
  /** JSON text of the contract's order document. */
  document: string
  status: OrderStatus
  /** Log time of the order's first record. */
  timestampMs: number
}>

export type StoredPayment = Readonly<{ orderId: OrderId; timestampMs: number; ledger: LedgerState }>
export type StoredAlert = Readonly<{ timestampMs: number; alert: FraudAlert }>
export type StoredDeadLetter = DeadLetter & Readonly<{ id: string; redriven: Redriven | null }>

export type SeriesPoint = Readonly<{ startMs: number; currency: CurrencyCode; orderCount: number; salesMinor: bigint }>

export type OrderStory = Readonly<{
  order: StoredOrder | undefined
  state: OrderState | undefined
  payment: StoredPayment | undefined
  alerts: readonly StoredAlert[]
  deadLetters: readonly StoredDeadLetter[]
}>
