import type { Page, PageQuery } from '../../ports/order-queries.ts'
import type { ShardKey } from '../../ports/shards.ts'
import { compareKeys, cursorAt, cursorKey, type RowKey } from '../store/cursor.ts'
import { keyOf, readDirectory } from './couchbase-directory.ts'
import type { Generation, Generations } from './couchbase-generations.ts'
import { readJson, type Modify } from './couchbase-json.ts'
import { extendList, type Entry, type ListName, type StoredList } from './couchbase-lists.ts'
import { asLong, nextOf, take, together, walkList, type ListSort, type Walk } from './couchbase-list-walks.ts'
import type { ForEach } from './couchbase-work.ts'

type Segment = Readonly<{ kind: 'segment'; entries: readonly Entry[] }>

export type ListPage<Item> = Readonly<{
  list: ListName
  /** By arrival; newest first when left out. */
  sort?: ListSort
  /** A key of the same shape as every entry's: its time, its shard's partition, its offset, and what names it. */
  example: RowKey
  /** What an entry stands for; undefined for what is gone, not written yet, or not asked for. */
  load: (key: RowKey, generation: Generation) => Promise<Item | undefined>
  /** Times of entries, [from, to). */
  range?: Readonly<{ fromMs: number; toMs: number }>
  /** So many entries are looked at for those that are asked for. Left out: as many as the page may have items. */
  looksMax?: number
}>

export type Arrived = Readonly<{ shard: ShardKey; name: ListName; entries: readonly Entry[]; next: number }>

export type CouchbaseArrivals = Readonly<{
  /** Adds what a batch that ends before `next` brought; what is there already is not added again. */
  add: (generation: Generation, arrived: Arrived) => Promise<void>
  /** Through all shards. */
  page: <Item>(query: PageQuery, list: ListPage<Item>) => Promise<Page<Item>>
}>

/** Loaded together where few of what is looked at may be asked for. */
const looksAtOnce = 100
const always = { fromMs: -Infinity, toMs: Infinity }

export function couchbaseArrivals(generations: Generations, modify: Modify, forEach: ForEach): CouchbaseArrivals {
  async function walkOf<Item>(
    generation: Generation,
    { list, sort = 'newest', range: { fromMs, toMs } = always }: ListPage<Item>,
    after: RowKey | undefined,
  ): Promise<Walk> {
    const isNewest = sort === 'newest'
    const sign = isNewest ? -1 : 1
    const isFrom = ([atMs]: RowKey): boolean => Number(atMs) >= fromMs
    const isTo = ([atMs]: RowKey): boolean => Number(atMs) < toMs
    const isBehind = (key: RowKey): boolean =>
      (isNewest ? isTo(key) : isFrom(key)) && (after === undefined || sign * compareKeys(key, after) > 0)
    const walks = await forEach(await readDirectory(generation.shards), async (shard) => {
      const read = await readJson<StoredList>(generation.arrivals, listKey(shard, list))
      const segment = (number: number) => readSegment(generation, segmentKey(shard, list, number))
      return read && walkList(read.document, { sort, partition: shard.partition, isBehind, segment })
    })
    const all = together(
      walks.filter((walk) => walk !== undefined),
      sort,
    )
    return asLong(all, isNewest ? isFrom : isTo)
  }

  /** `last`: behind which there is more. */
  async function fill<Item>(
    walk: Walk,
    limit: number,
    { load, looksMax }: Readonly<{ load: (key: RowKey) => Promise<Item | undefined>; looksMax: number }>,
  ): Promise<Readonly<{ items: readonly Item[]; last: RowKey | undefined }>> {
    const items: Item[] = []
    let last: RowKey | undefined
    for (let looks = 0; ;) {
      const wanted = Math.min(looksMax - looks, looks === 0 ? limit : looksAtOnce)
      const looked = await take(walk, wanted)
      for (const [index, item] of (await forEach(looked, load)).entries()) {
        if (items.length === limit) return { items, last }
        last = looked[index]
        if (item !== undefined) items.push(item)
      }
      looks += looked.length
      if (looked.length < wanted) return { items, last: undefined }
      if (items.length < limit && looks < looksMax) continue
      return { items, last: (await nextOf(walk)) && last }
    }
  }

  return {
    async add({ arrivals }, { shard, name, entries, next }) {
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

    async page(query, page) {
      const { list, example, load, looksMax = query.limit } = page
      const after = cursorKey(list, query, example)
      const { items, last } = await generations.throughout(async (generation) =>
        fill(await walkOf(generation, page, after), query.limit, {
          load: (key) => load(key, generation),
          looksMax: Math.max(looksMax, query.limit),
        }),
      )
      return { items, nextCursor: last ? cursorAt(list, query, last) : null }
    },
  }
}

export async function readSegment({ arrivals }: Pick<Generation, 'arrivals'>, key: string): Promise<readonly Entry[]> {
  return (await readJson<Segment>(arrivals, key))?.document.entries ?? []
}

export function listKey(shard: ShardKey, name: ListName): string {
  return `${keyOf(shard)}/${name}`
}

export function segmentKey(shard: ShardKey, name: ListName, number: number): string {
  return `${listKey(shard, name)}/${number}`
}
