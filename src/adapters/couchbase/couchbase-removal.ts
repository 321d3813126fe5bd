import type { ShardKey } from '../../ports/shards.ts'
import { listKey, readSegment, segmentKey } from './couchbase-arrivals.ts'
import { directoryKey, keyOf, readDirectory } from './couchbase-directory.ts'
import type { GenerationKeyspaces } from './couchbase-generations.ts'
import { readJson } from './couchbase-json.ts'
import { letterAt, lettersKey, redriveKey } from './couchbase-letters.ts'
import { listNames, type Entry, type ListName, type StoredList } from './couchbase-lists.ts'
import { hoursOf, seriesKey } from './couchbase-series.ts'
import type { ShardDocument } from './couchbase-shards.ts'
import { alertKey } from './couchbase-views.ts'
import type { ForEach } from './couchbase-work.ts'

/**
 * Removes every document of a generation that its directory, its lists and its days name, what names others last: so that a
 * removal that was broken off can begin again. A redrive whose letter was never read stays, and is nobody's.
 */
export async function removeGeneration(generation: GenerationKeyspaces, forEach: ForEach): Promise<void> {
  const { shards, series } = generation
  for (const shard of await readDirectory(shards)) {
    for (const name of listNames) await removeList(generation, forEach, { shard, name })
    const days = (await readJson<ShardDocument>(shards, keyOf(shard)))?.document.seriesDays ?? []
    await forEach(hoursOf(days), (hour) => series.remove(seriesKey(shard, hour)))
    await shards.remove(keyOf(shard))
  }
  await shards.remove(directoryKey)
}

type List = Readonly<{ shard: ShardKey; name: ListName }>

/** Segment by segment: a list may be as long as the log. */
async function removeList(generation: GenerationKeyspaces, forEach: ForEach, { shard, name }: List): Promise<void> {
  const { arrivals } = generation
  const list = (await readJson<StoredList>(arrivals, listKey(shard, name)))?.document
  if (!list) return
  const removeItems = (entries: readonly Entry[]) => forEach(entries, (entry) => removeItem(generation, name, entry))
  for (let number = 0; number < list.segments; number += 1) {
    const key = segmentKey(shard, name, number)
    await removeItems(await readSegment(generation, key))
    await arrivals.remove(key)
  }
  await removeItems(list.tail)
  await arrivals.remove(listKey(shard, name))
}

/** Orders and payments are shared by all generations. */
async function removeItem(generation: GenerationKeyspaces, name: ListName, entry: Entry): Promise<void> {
  if (name === 'alerts') {
    const [, , orderId, createdAtMs, reason] = entry
    const identity = { orderId: Number(orderId), createdAtMs: Number(createdAtMs) }
    await generation.alerts.remove(alertKey(identity, String(reason)))
  }
  if (name === 'letters') await removeLetter(generation, String(entry[2]))
}

async function removeLetter(generation: GenerationKeyspaces, key: string): Promise<void> {
  const { dead_letters } = generation
  const orderId = (await letterAt(generation, key))?.orderId ?? null
  if (orderId !== null) await dead_letters.remove(lettersKey(orderId))
  await dead_letters.remove(redriveKey(key))
  await dead_letters.remove(key)
}
