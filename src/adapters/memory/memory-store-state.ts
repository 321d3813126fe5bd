import type { OrderIdentity } from '../../domain/order.ts'
import type { OrderState } from '../../domain/order-state.ts'
import type { LedgerState, PaymentTally } from '../../domain/payment.ts'
import type { Position } from '../../domain/position.ts'
import type { Totals } from '../../domain/totals.ts'
import type { Redriven } from '../../ports/view-store.ts'
import { orderIdChosenMax, type RememberedRequest } from '../../ports/intake.ts'
import type { SeriesPoint, StoredAlert, StoredDeadLetter, ViewCounts } from '../../ports/order-queries.ts'
import type { ShardKey } from '../../ports/shards.ts'

/** Awaited between any two steps of a write: a scheduler may let others run there, or never come back. */
export type Pause = () => Promise<void>

/** What a store holds between two processes: kept by a simulation, and opened again after a crash. */
export type MemoryStoreState = {
  readonly shards: Map<string, MemoryShard>
  readonly orders: Map<string, MemoryOrder>
  readonly ledger: Map<string, MemoryPayment>
  readonly alerts: Map<string, MemoryAlert>
  readonly deadLetters: Map<string, MemoryDeadLetter>
  /** By the letter's id. */
  readonly redrives: Map<string, MemoryRedrive>
  readonly series: Map<string, SeriesPoint>
  readonly requests: Map<string, RememberedRequest & { fingerprint: string }>
  orderIdGiven: number
  orderIdSeenMax: number
  claims: number
  version: number
}

/** The position that brought a view's item, which alone counts it. */
type Seen = Readonly<{ position: Position }>

export type MemoryShard = Readonly<{
  key: ShardKey
  epoch: number
  owner: string
  from: number
  next: number
  batchId: string | null
  /** Order of the claims of all shards. */
  claimed: number
  totals?: Totals
  tally?: PaymentTally
  views?: ViewCounts
}>

export type MemoryOrder = Readonly<{
  identity: OrderIdentity
  state: OrderState
  timestampMs: number
  /** Written a step after the state, as in every store whose documents have no common transaction. */
  document?: string
}>

export type MemoryAlert = StoredAlert & Seen & Readonly<{ identity: OrderIdentity }>
export type MemoryDeadLetter = Omit<StoredDeadLetter, 'redriven'> & Seen
export type MemoryRedrive = Seen & Readonly<{ redriven: Redriven }>

export type MemoryPayment = Readonly<{ identity: OrderIdentity; ledger: LedgerState }>

export function openMemoryStoreState(): MemoryStoreState {
  return {
    shards: new Map(),
    orders: new Map(),
    ledger: new Map(),
    alerts: new Map(),
    deadLetters: new Map(),
    redrives: new Map(),
    series: new Map(),
    requests: new Map(),
    orderIdGiven: 0,
    orderIdSeenMax: 0,
    claims: 0,
    version: 0,
  }
}

export function seeOrderId(state: MemoryStoreState, orderId: number): void {
  if (orderId <= orderIdChosenMax) state.orderIdSeenMax = Math.max(state.orderIdSeenMax, orderId)
}
