import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import type { MemoryStoreState } from '../../src/adapters/memory/memory-store-state.ts'
import type { OrderStore } from '../../src/ports/order-store.ts'
import type { Claim, ShardKey } from '../../src/ports/shards.ts'
import type { Calls } from './faults.ts'
import type { Process, World } from './world.ts'

export type StoreClientOptions = Readonly<{
  world: World
  state: MemoryStoreState
  owner: Process
  calls: Calls
  /** Share of the store's own steps at which others get their turn, 0 to 1. */
  pauses: number
  complain: (complaint: string) => void
}>

/** What a process sees of the store: every call, and every step within a call, is a gate. */
export function openStoreClient({ world, state, owner, calls, pauses, complain }: StoreClientOptions): OrderStore {
  const pause = () => (world.random() < pauses ? world.gate(owner) : Promise.resolve())
  const store = openMemoryStore({ state, pause })
  const call = <Result>(effect: () => Promise<Result>) => calls('STORE_UNAVAILABLE', effect)
  const write = <Result>(claim: Claim, what: string, effect: () => Promise<Result>) =>
    call(() => watchFence(state, claim, what, complain, effect))
  return {
    ...store,
    claim: (shard, name) => call(() => store.claim(shard, name)),
    applyOrders: (claim, facts, progress) =>
      write(claim, 'applyOrders', () => store.applyOrders(claim, facts, progress)),
    reserve: (claim, facts) => write(claim, 'reserve', () => store.reserve(claim, facts)),
    settle: (claim, settled, progress) => write(claim, 'settle', () => store.settle(claim, settled, progress)),
    applyViews: (claim, facts, progress) => write(claim, 'applyViews', () => store.applyViews(claim, facts, progress)),
    totals: () => call(() => store.totals()),
    payments: () => call(() => store.payments()),
  }
}

/** I7: a write that begins with a claim that is not the newest any more must not succeed. */
async function watchFence<Result>(
  state: MemoryStoreState,
  { shard, epoch }: Claim,
  what: string,
  complain: (complaint: string) => void,
  effect: () => Promise<Result>,
): Promise<Result> {
  const newest = epochOf(state, shard)
  const result = await effect()
  if (epoch < newest) complain(`I7: ${what} of ${shard.group} succeeded with epoch ${epoch} when it was ${newest}`)
  return result
}

function epochOf({ shards }: MemoryStoreState, { group, topicId, partition }: ShardKey): number {
  for (const { key, epoch } of shards.values()) {
    if (key.group === group && key.topicId === topicId && key.partition === partition) return epoch
  }
  return 0
}
