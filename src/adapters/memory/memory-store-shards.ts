import type { Position } from '../../domain/position.ts'
import type { AsOf } from '../../ports/order-book.ts'
import type { OrderQueries } from '../../ports/order-queries.ts'
import type { Claim, Progress, ShardKey, Shards } from '../../ports/shards.ts'
import { asOfShards } from '../store/as-of.ts'
import { checkClaim } from '../store/claim.ts'
import type { MemoryShard, MemoryStoreState, Pause } from './memory-store-state.ts'

export function memoryShards(state: MemoryStoreState, pause: Pause): Shards & Pick<OrderQueries, 'shards'> {
  return {
    async claim(shard, owner) {
      await pause()
      const known = shardOf(state, shard)
      state.counters.claims += 1
      const { epoch, from, next } = known ?? { epoch: 0, from: 0, next: 0 }
      const fresh = known ?? { key: shard, from, next, batchId: null }
      state.shards.set(textOf(shard), { ...fresh, epoch: epoch + 1, owner, claimed: state.counters.claims })
      await pause()
      return { shard, epoch: epoch + 1, from, next }
    },

    shards() {
      const summaries = [...state.shards.values()]
        .toSorted((a, b) => a.claimed - b.claimed)
        .map(({ key: shard, claimed: _claimed, batchId: _batchId, ...rest }) => ({ shard, ...rest }))
      return Promise.resolve(structuredClone(summaries))
    },
  }
}

export function shardOf(state: MemoryStoreState, key: ShardKey): MemoryShard | undefined {
  return state.shards.get(textOf(key))
}

/** The swap of the compare-and-swap: `change` is folded in together with the move, or nothing is. */
export function moveShard(
  state: MemoryStoreState,
  { claim, progress }: Readonly<{ claim: Claim; progress: Progress }>,
  change: (shard: MemoryShard) => Partial<MemoryShard>,
): void {
  const shard = shardOf(state, claim.shard)
  if (checkClaim(shard, claim, progress) === 'answer' || !shard) return
  state.shards.set(textOf(claim.shard), { ...shard, ...progress, ...change(shard) })
  state.counters.version += 1
}

export function positionAt({ shard: { topicId, partition } }: Claim, offset: number): Position {
  return { topicId, partition, offset }
}

/** Where the groups that wrote `kind` are. */
export function asOfKind(state: MemoryStoreState, kind: 'totals' | 'tally'): AsOf {
  const shards = [...state.shards.values()]
  const groups = new Set(shards.filter((shard) => shard[kind]).map(({ key }) => key.group))
  const mine = shards.filter((shard) => groups.has(shard.key.group)).toSorted(byLastClaim)
  return asOfShards(mine.map(({ key, next }) => ({ ...key, next })))
}

function byLastClaim(a: MemoryShard, b: MemoryShard): number {
  return b.claimed - a.claimed
}

function textOf({ group, topicId, partition }: ShardKey): string {
  return JSON.stringify([group, topicId, partition])
}
