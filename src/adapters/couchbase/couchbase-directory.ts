import type { ShardKey } from '../../ports/shards.ts'
import type { Keyspace } from './couchbase-keyspace.ts'
import { readJson, type Modify } from './couchbase-json.ts'

/** Every shard that there is, the last claimed last. */
type Directory = Readonly<{ kind: 'directory'; shards: readonly Place[] }>
type Place = readonly [group: string, topic: string, topicId: string, partition: number]

export const directoryKey = 'directory'

export async function readDirectory(shards: Keyspace): Promise<readonly ShardKey[]> {
  return ((await readJson<Directory>(shards, directoryKey))?.document.shards ?? []).map(keyOfPlace)
}

/** A shard that is there already goes to the end when its topic was made again since. */
export async function enterDirectory(shards: Keyspace, modify: Modify, shard: ShardKey): Promise<void> {
  const place: Place = [shard.group, shard.topic, shard.topicId, shard.partition]
  await modify<Directory>(shards, directoryKey, (directory) => {
    const known = directory?.shards ?? []
    const latest = known.findLast(([group, topic]) => group === shard.group && topic === shard.topic)
    if (latest?.[2] === shard.topicId && known.some((other) => samePlace(place, other))) return undefined
    return { kind: 'directory', shards: [...known.filter((other) => !samePlace(place, other)), place] }
  })
}

function samePlace(a: Place, b: Place): boolean {
  return a.every((part, index) => part === b[index])
}

function keyOfPlace([group, topic, topicId, partition]: Place): ShardKey {
  return { group, topic, topicId, partition }
}

/** The topic's id names it; its name may be 200 characters long, and a key of Couchbase 250 bytes. */
export function keyOf({ group, topicId, partition }: Omit<ShardKey, 'topic'>): string {
  return `${group}/${topicId}-${partition}`
}

/** Shards that another generation has go before all others, as if they had been claimed first. */
export async function carryDirectory(shards: Keyspace, modify: Modify, others: readonly ShardKey[]): Promise<void> {
  await modify<Directory>(shards, directoryKey, (directory) => {
    const known = directory?.shards ?? []
    const places = others.map(({ group, topic, topicId, partition }): Place => [group, topic, topicId, partition])
    const missing = places.filter((place) => !known.some((other) => samePlace(place, other)))
    return missing.length === 0 ? undefined : { kind: 'directory', shards: [...missing, ...known] }
  })
}
