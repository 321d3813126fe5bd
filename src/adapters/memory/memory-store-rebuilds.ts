import { repairOrder, repairPayment } from '../../domain/repair.ts'
import type { Rebuilds, RebuildStore } from '../../ports/rebuilds.ts'
import { isLive, noGeneration } from '../store/generations.ts'
import { memoryLedger } from './memory-store-ledger.ts'
import { memoryOrders } from './memory-store-orders.ts'
import { memoryShards } from './memory-store-shards.ts'
import {
  emptyGeneration,
  type MemoryGeneration,
  type MemoryShard,
  type MemoryStoreState,
  type Pause,
} from './memory-store-state.ts'
import { memoryViews } from './memory-store-views.ts'

export function memoryRebuilds(state: MemoryStoreState, pause: Pause): Rebuilds {
  return {
    async openRebuild(id) {
      await pause()
      if (state.generation === id) throw isLive(id)
      const generation = state.rebuilds.get(id) ?? emptyGeneration()
      state.rebuilds.set(id, generation)
      await pause()
      return rebuildStore(state, pause, { id, generation })
    },

    async switchTo(id) {
      await pause()
      if (state.generation === id) return
      const generation = state.rebuilds.get(id)
      if (!generation) throw noGeneration(id)
      const shards = shardsAbove(state.shards, generation.shards)
      state.rebuilds.delete(id)
      Object.assign(state, generation, { shards, generation: id })
      state.counters.version += 1
      await pause()
    },

    async dropRebuild(id) {
      await pause()
      if (state.generation === id) throw isLive(id)
      state.rebuilds.delete(id)
      await pause()
    },

    generation: () => Promise.resolve(state.generation),
  }
}

type Rebuild = Readonly<{ id: string; generation: MemoryGeneration }>

function rebuildStore(live: MemoryStoreState, pause: Pause, { id, generation }: Rebuild): RebuildStore {
  const state = { ...live, ...generation }
  const shards = memoryShards(state, pause)
  return {
    ...shards,
    ...memoryOrders(state, pause, repairOrder),
    ...memoryLedger(state, pause, repairPayment),
    ...memoryViews(state, pause),
    async claim(shard, owner) {
      if (live.rebuilds.get(id) !== generation) throw noGeneration(id)
      return shards.claim(shard, owner)
    },
  }
}

/** Every claim that was taken of a shard, in either generation, is older than the next one. */
function shardsAbove(
  live: MemoryGeneration['shards'],
  rebuilt: MemoryGeneration['shards'],
): MemoryGeneration['shards'] {
  const shards = new Map<string, MemoryShard>()
  for (const [key, shard] of live) {
    const { key: place, owner, epoch, claimed } = shard
    // What the rebuild did not claim begins anew, as a shard that was claimed before all others.
    const fresh = { key: place, owner, from: 0, next: 0, batchId: null, claimed: claimed - claimsMax }
    shards.set(key, { ...fresh, epoch: epoch + 1 })
  }
  for (const [key, shard] of rebuilt) {
    shards.set(key, { ...shard, epoch: Math.max(live.get(key)?.epoch ?? 0, shard.epoch) + 1 })
  }
  return shards
}

const claimsMax = Number.MAX_SAFE_INTEGER
