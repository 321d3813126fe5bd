import type { OrderBook } from './order-book.ts'
import type { OrderQueries } from './order-queries.ts'
import type { PaymentLedger } from './payment-ledger.ts'
import type { ViewStore } from './view-store.ts'

/**
 * Making the read model anew while it is in use. What the shards, the series and the views hold belongs to a generation;
 * order states, order documents, the ledger and the intake are shared by all. One generation is live: it is what every
 * other method of the store reads and writes.
 */
export interface Rebuilds {
  /**
   * The generation `id`, beginning empty, or as it was left when it exists. It is written with claims of its own, which have
   * nothing to do with the live ones.
   *
   * Applying a position that is known repeats its recorded answer and counts it in this generation. What the shared part
   * lacks of it, or holds otherwise than the record says, is put right in place, but what newer records did stays.
   *
   * @throws {OrdermillError} REQUEST_INVALID when `id` is the live generation
   */
  openRebuild(id: string): Promise<RebuildStore>

  /**
   * Makes the generation `id` the live one, in one step for every reader: no answer mixes two generations. Every shard has an
   * epoch above that of the former generation's then, so that claims taken before are FENCED; who claims anew goes on at
   * the `next` of the new generation and catches up to the log. Repeating it changes nothing.
   *
   * @throws {OrdermillError} NOT_FOUND when there is no such generation
   */
  switchTo(id: string): Promise<void>

  /** Removes a generation that is not live. Nothing happens when there is none; REQUEST_INVALID when it is live. */
  dropRebuild(id: string): Promise<void>

  /** The live generation's id; '' for the one that a store begins with. */
  generation(): Promise<string>
}

export type RebuildStore = OrderBook & PaymentLedger & ViewStore & Pick<OrderQueries, 'shards'>
