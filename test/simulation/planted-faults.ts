import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import type { MemoryShard, MemoryStoreState } from '../../src/adapters/memory/memory-store-state.ts'
import { hasCode } from '../../src/errors.ts'
import type { OrderStore } from '../../src/ports/order-store.ts'
import type { Claim, ShardKey } from '../../src/ports/shards.ts'
import { commitBeforeStep } from '../support/commit-before-step.ts'
import type { Plant, PlantContext } from './services.ts'

/** Whoever writes, writes: the shard is made to look as the writer believes that it is. */
const noCompareAndSwap: Plant = ({ log, store }, context) => ({ log, store: forcing(store, context, () => true) })

/** A writer that was fenced reads where the shard is now, and adds what it has to that. */
const retryWhenFenced: Plant = ({ log, store }, context) => ({
  log,
  store: forcing(store, context, (error) => hasCode(error, 'FENCED')),
})

function forcing(store: OrderStore, context: PlantContext, forces: (error?: unknown) => boolean): OrderStore {
  const write = async <Result>(claim: Claim, careful: (on: OrderStore) => Promise<Result>): Promise<Result> => {
    const forced = () => careful(openForced(context, claim))
    if (forces()) return forced()
    try {
      return await careful(store)
    } catch (error) {
      if (forces(error)) return forced()
      throw error
    }
  }
  return {
    ...store,
    applyOrders: (claim, facts, progress) => write(claim, (on) => on.applyOrders(claim, facts, progress)),
    reserve: (claim, facts) => write(claim, (on) => on.reserve(claim, facts)),
    settle: (claim, settled, progress) => write(claim, (on) => on.settle(claim, settled, progress)),
    applyViews: (claim, facts, progress) => write(claim, (on) => on.applyViews(claim, facts, progress)),
  }
}

function openForced({ state, world, owner }: PlantContext, claim: Claim): OrderStore {
  const force = (): void => setShard(state, claim.shard, { epoch: claim.epoch, next: claim.next })
  force()
  return openMemoryStore({
    state,
    pause: async () => {
      await world.gate(owner)
      force()
    },
  })
}

function setShard(state: MemoryStoreState, key: ShardKey, change: Partial<MemoryShard>): void {
  for (const [name, shard] of state.shards) {
    const same = shard.key.group === key.group && shard.key.topicId === key.topicId
    if (same && shard.key.partition === key.partition) state.shards.set(name, { ...shard, ...change })
  }
}

/** Each record is an order of its own. */
const noDuplicateCheck: Plant = ({ log, store }) => ({
  log,
  store: {
    ...store,
    applyOrders: (claim, facts, progress) =>
      store.applyOrders(
        claim,
        facts.map((fact) =>
          fact.kind === 'order'
            ? { ...fact, identity: { ...fact.identity, createdAtMs: claim.shard.partition * 1_000 + fact.offset + 1 } }
            : fact,
        ),
        progress,
      ),
  },
})

/** A claim begins one record too early. */
const nextOffByOne: Plant = ({ log, store }, { state }) => ({
  log,
  store: {
    ...store,
    async claim(shard, owner) {
      const claim = await store.claim(shard, owner)
      const next = Math.max(claim.next - 1, 0)
      setShard(state, shard, { next })
      return { ...claim, next }
    },
  },
})

/** Sums, and where they stand, are read one after the other. */
const snapshotWithoutAsOf: Plant = ({ log, store }) => ({
  log,
  store: {
    ...store,
    async totals() {
      const { asOf } = await store.totals()
      const { totals } = await store.totals()
      return { totals, asOf }
    },
  },
})

export const plantedFaults: Readonly<Record<string, Plant>> = {
  'commit before the step': ({ log, store }) => ({ log: commitBeforeStep(log), store }),
  'no compare-and-swap': noCompareAndSwap,
  'no duplicate check': noDuplicateCheck,
  '`next` off by one': nextOffByOne,
  'a fenced writer that reads again and retries': retryWhenFenced,
  'a snapshot without asOf': snapshotWithoutAsOf,
}
