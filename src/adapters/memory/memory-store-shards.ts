import type { Position } from '../../domain/position.ts'
import type { AsOf } from '../../ports/order-book.ts'
import type { Claim, Progress, ShardKey, Shards } from '../../ports/shards.ts'
import { checkClaim } from '../in-process/store-claim.ts'
import type { MemoryShard, MemoryStoreState, Pause } from './memory-store-state.ts'

export function memoryShards(state: MemoryStoreState, pause: Pause): Shards {
  return {
    async claim(shard, owner) {
      await pause()
      const known = shardOf(state, shard)
      state.claims += 1
      const { epoch, from, next } = known ?? { epoch: 0, from: 0, next: 0 }
      const fresh = known ?? { key: shard, from, next, batchId: null }
      state.shards.set(textOf(shard), { ...fresh, epoch: epoch + 1, owner, claimed: state.claims })
      await pause()
      return { shard, epoch: epoch + 1, from, next }
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
  state.version += 1
}

export function positionAt({ shard: { topicId, partition } }: Claim, offset: number): Position {
  return { topicId, partition, offset }
}

/** Where the groups that wrote `kind` are, on the topics as they exist now: those that were claimed last. */
export function asOfShards(state: MemoryStoreState, kind: 'totals' | 'tally'): AsOf {
  const shards = [...state.shards.values()]
  const groups = new Set(shards.filter((shard) => shard[kind]).map(({ key }) => key.group))
  const latest = new Map<string, string>()
  const asOf = new Map<string, Map<number, number>>()
  for (const { key, next } of shards.filter((shard) => groups.has(shard.key.group)).toSorted(byLastClaim)) {
    if (!latest.has(key.topic)) latest.set(key.topic, key.topicId)
    if (latest.get(key.topic) !== key.topicId) continue
    asOf.set(key.topic, (asOf.get(key.topic) ?? new Map<number, number>()).set(key.partition, next))
  }
  return asOf
}

function byLastClaim(a: MemoryShard, b: MemoryShard): number {
  return b.claimed - a.claimed
}

function textOf({ group, topicId, partition }: ShardKey): string {
  return JSON.stringify([group, topicId, partition])
}
