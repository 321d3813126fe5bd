import type { AsOf } from '../../ports/order-book.ts'
import type { ShardKey } from '../../ports/shards.ts'

/**
 * Where shards are, on the topics as they exist now: a topic that was made again has another id, and the one that was
 * claimed last is the present one.
 *
 * @param shards the last claimed first
 */
export function asOfShards(shards: Iterable<Omit<ShardKey, 'group'> & Readonly<{ next: number }>>): AsOf {
  const latest = new Map<string, string>()
  const asOf = new Map<string, Map<number, number>>()
  for (const { topic, topicId, partition, next } of shards) {
    if (!latest.has(topic)) latest.set(topic, topicId)
    if (latest.get(topic) !== topicId) continue
    asOf.set(topic, (asOf.get(topic) ?? new Map<number, number>()).set(partition, next))
  }
  return asOf
}
