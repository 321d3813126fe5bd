import type { OrderIdentity } from '../../domain/order.ts'
import type { OrderState } from '../../domain/order-state.ts'
import type { LedgerState } from '../../domain/payment.ts'
import type { PaymentTally } from '../../domain/payment-tally.ts'
import type { Position } from '../../domain/position.ts'
import type { Totals } from '../../domain/totals.ts'
import type { Redriven } from '../../ports/view-store.ts'
import { orderIdChosenMax, type RememberedRequest } from '../../ports/intake.ts'
import type { SeriesPoint, StoredAlert, StoredDeadLetter, ViewCounts } from '../../ports/order-queries.ts'
import type { ShardKey } from '../../ports/shards.ts'

/** Awaited between any two steps of a write: a scheduler may let others run there, or never come back. */
export type Pause = () => Promise<void>

/** What is counted and shown, which a rebuild makes anew. */
export type MemoryGeneration = {
  shards: Map<string, MemoryShard>
  alerts: Map<string, MemoryAlert>
  deadLetters: Map<string, MemoryDeadLetter>
  /** By the letter's id. */
  redrives: Map<string, MemoryRedrive>
  series: Map<string, SeriesPoint>
}

/** What a store holds between two processes: kept by a simulation, and opened again after a crash. */
export type MemoryStoreState = MemoryGeneration & {
  readonly orders: Map<string, MemoryOrder>
  readonly ledger: Map<string, MemoryPayment>
  readonly requests: Map<string, RememberedRequest & { fingerprint: string }>
  readonly counters: MemoryCounters
  /** Those that are not live, by id. */
  readonly rebuilds: Map<string, MemoryGeneration>
  /** The live one's id. */
  generation: string
}

type MemoryCounters = { orderIdGiven: number; orderIdSeenMax: number; claims: number; version: number }

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
    ...emptyGeneration(),
    orders: new Map(),
    ledger: new Map(),
    requests: new Map(),
    counters: { orderIdGiven: 0, orderIdSeenMax: 0, claims: 0, version: 0 },
    rebuilds: new Map(),
    generation: '',
  }
}

export function emptyGeneration(): MemoryGeneration {
  return { shards: new Map(), alerts: new Map(), deadLetters: new Map(), redrives: new Map(), series: new Map() }
}

export function seeOrderId({ counters }: MemoryStoreState, orderId: number): void {
  if (orderId <= orderIdChosenMax) counters.orderIdSeenMax = Math.max(counters.orderIdSeenMax, orderId)
}
