import type { Page, PageQuery } from '../../ports/order-queries.ts'
import type { ShardKey } from '../../ports/shards.ts'
import { compareKeys, cursorAt, cursorKey, type RowKey } from '../store/cursor.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { readJson, type Modify } from './couchbase-json.ts'
import { extendList, type Entry, type ListName, type StoredList } from './couchbase-lists.ts'
import { keyOf, type CouchbaseShards } from './couchbase-shards.ts'
import type { ForEach } from './couchbase-work.ts'

type Segment = Readonly<{ kind: 'segment'; entries: readonly Entry[] }>

export type ListPage<Item> = Readonly<{
  list: ListName
  /** A key of the same shape as every entry's: its time, its shard's partition, its offset, and what names it. */
  example: RowKey
  /** What an entry stands for; undefined for what is gone, or not written yet. */
  load: (key: RowKey) => Promise<Item | undefined>
}>

export type Arrived = Readonly<{ entries: readonly Entry[]; next: number }>

export type CouchbaseArrivals = Readonly<{
  /** Adds what a batch that ends before `next` brought; what is there already is not added again. */
  add: (shard: ShardKey, name: ListName, arrived: Arrived) => Promise<void>
  /** Newest first, through all shards. */
  page: <Item>(query: PageQuery, list: ListPage<Item>) => Promise<Page<Item>>
}>

type ArrivalsDeps = Readonly<{
  keyspaces: Pick<Keyspaces, 'arrivals'>
  shards: Pick<CouchbaseShards, 'keys'>
  modify: Modify
  forEach: ForEach
}>

export function couchbaseArrivals({ keyspaces, shards, modify, forEach }: ArrivalsDeps): CouchbaseArrivals {
  const { arrivals } = keyspaces
  const readSegment: SegmentReader = async (shard, name, number) =>
    (await readJson<Segment>(arrivals, segmentKey(shard, name, number)))?.document.entries ?? []

  return {
    async add(shard, name, { entries, next }) {
      if (entries.length === 0) return
      await modify<StoredList>(arrivals, listKey(shard, name), async (known) => {
        const { list, segment } = extendList(known, entries, next) ?? {}
        if (segment) {
          const stored: Segment = { kind: 'segment', entries: segment.entries }
          // One that is there is the same: see couchbase-lists.ts.
          await arrivals.insert(segmentKey(shard, name, segment.number), JSON.stringify(stored))
        }
        return list
      })
    },

    async page(query, { list, example, load }) {
      const after = cursorKey(list, query, example)
      const lists = await forEach(await shards.keys(), async (shard) => {
        const read = await readJson<StoredList>(arrivals, listKey(shard, list))
        return read && descending(read.document, { shard, name: list, after, readSegment })
      })
      const walks = lists.filter((walk) => walk !== undefined)
      const keys = await newestOf(walks, query.limit + 1)
      const shown = keys.slice(0, query.limit)
      const items = await forEach(shown, load)
      const last = keys.length > query.limit ? shown.at(-1) : undefined
      return {
        items: items.filter((item) => item !== undefined),
        nextCursor: last ? cursorAt(list, query, last) : null,
      }
    },
  }
}

type Walk = AsyncGenerator<RowKey, void>
type SegmentReader = (shard: ShardKey, name: ListName, number: number) => Promise<readonly Entry[]>

function listKey(shard: ShardKey, name: ListName): string {
  return `${keyOf(shard)}/${name}`
}

function segmentKey(shard: ShardKey, name: ListName, number: number): string {
  return `${listKey(shard, name)}/${number}`
}

type Place = Readonly<{ shard: ShardKey; name: ListName; after: RowKey | undefined; readSegment: SegmentReader }>

/** Keys of one shard's list before `after`, the newest first. */
async function* descending({ tail, segments }: StoredList, { shard, name, after, readSegment }: Place): Walk {
  const keysOf = (entries: readonly Entry[]): readonly RowKey[] =>
    entries.map(([atMs, ...rest]) => [atMs, shard.partition, ...rest])
  const isBefore = (key: RowKey): boolean => after === undefined || compareKeys(key, after) < 0
  const newest = keysOf(tail)
  yield* newest.filter(isBefore).toReversed()
  const [first] = newest
  const start = first === undefined || isBefore(first) ? segments - 1 : await lastSegmentBefore(segments, firstIsBefore)
  for (let number = start; number >= 0; number -= 1) {
    yield* keysOf(await readSegment(shard, name, number))
      .filter(isBefore)
      .toReversed()
  }

  async function firstIsBefore(number: number): Promise<boolean> {
    const [oldest] = keysOf((await readSegment(shard, name, number)).slice(0, 1))
    return oldest === undefined || isBefore(oldest)
  }
}

/** The last segment that begins before a place, by halving: a page far back must not read all that is newer. */
async function lastSegmentBefore(segments: number, isBefore: (number: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, segments]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low - 1
}

async function newestOf(walks: readonly Walk[], keysMax: number): Promise<readonly RowKey[]> {
  const heads = await Promise.all(walks.map(async (walk) => ({ walk, key: await nextOf(walk) })))
  const keys: RowKey[] = []
  while (keys.length < keysMax) {
    const [newest] = heads
      .filter(({ key }) => key !== undefined)
      .toSorted((a, b) => compareKeys(b.key ?? [], a.key ?? []))
    if (newest?.key === undefined) break
    keys.push(newest.key)
    newest.key = await nextOf(newest.walk)
  }
  return keys
}

async function nextOf(walk: Walk): Promise<RowKey | undefined> {
  const next = await walk.next()
  return next.done === true ? undefined : next.value
}
