import type { Order, OrderIdentity } from '../domain/order.ts'
import type { OrderAnswer } from '../domain/order-state.ts'
import type { Totals } from '../domain/totals.ts'
import type { Claim, Progress, Shards } from './shards.ts'

/** A record that can not be read, or that says nothing: it only counts. */
export type UnreadableFact = Readonly<{ kind: 'refused' | 'tombstone'; offset: number }>

export type OrderFact =
  | UnreadableFact
  | Readonly<{
      kind: 'order'
      offset: number
      identity: OrderIdentity
      order: Order
      /** Log time in ms. */
      timestampMs: number
      /** The received JSON text. The stored document is this text with three members added. */
      json: string
    }>

/** Analytics' side of the store: order states, order documents, totals and series. Errors: FENCED, STORE_UNAVAILABLE. */
export interface OrderBook extends Shards {
  /** Facts are of one shard, in offset order. One answer a fact; undefined for those that only count. */
  applyOrders(
    claim: Claim,
    facts: readonly OrderFact[],
    progress: Progress,
  ): Promise<readonly (OrderAnswer | undefined)[]>

  totals(): Promise<TotalsSnapshot>
}

/** True for exactly the records below `asOf`: topic -> partition -> next offset, of topics as they exist now. */
export type TotalsSnapshot = Readonly<{ totals: Totals; asOf: AsOf }>
export type AsOf = ReadonlyMap<string, ReadonlyMap<number, number>>
