import type { OrderStore } from '../../ports/order-store.ts'
import { memoryIntake } from './memory-store-intake.ts'
import { memoryLedger } from './memory-store-ledger.ts'
import { memoryOrders } from './memory-store-orders.ts'
import { memoryQueries } from './memory-store-queries.ts'
import { memoryRebuilds } from './memory-store-rebuilds.ts'
import { memoryShards } from './memory-store-shards.ts'
import { openMemoryStoreState, type MemoryStoreState, type Pause } from './memory-store-state.ts'
import { memoryViews } from './memory-store-views.ts'

export type MemoryStoreOptions = Readonly<{ state?: MemoryStoreState; pause?: Pause }>

/**
 * The reference. Its writes have the steps of a store without transactions over several documents: those of the orders
 * first, one by one and idempotent, and the shard's compare-and-swap last, which alone makes them count.
 */
export function openMemoryStore(options: MemoryStoreOptions = {}): OrderStore {
  const { state = openMemoryStoreState(), pause = () => Promise.resolve() } = options
  return {
    ...memoryShards(state, pause),
    ...memoryOrders(state, pause),
    ...memoryLedger(state, pause),
    ...memoryViews(state, pause),
    ...memoryQueries(state),
    ...memoryIntake(state, pause),
    ...memoryRebuilds(state, pause),
    close: () => Promise.resolve(),
  }
}
