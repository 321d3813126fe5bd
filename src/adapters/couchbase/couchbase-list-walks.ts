import { compareKeys, type RowKey } from '../store/cursor.ts'
import type { Entry, StoredList } from './couchbase-lists.ts'

export type Walk = AsyncGenerator<RowKey, void>

export type ListSort = 'newest' | 'oldest'

type Place = Readonly<{
  sort: ListSort
  partition: number
  /** Whether a key is behind where the walk begins, in its order. */
  isBehind: (key: RowKey) => boolean
  segment: (number: number) => Promise<readonly Entry[]>
}>

/** Keys of one shard's list. */
export function walkList(list: StoredList, { sort, partition, isBehind, segment }: Place): Walk {
  const keysOf = (entries: readonly Entry[]): readonly RowKey[] =>
    entries.map(([atMs, ...rest]) => [atMs, partition, ...rest])
  const parts = {
    segments: list.segments,
    tail: keysOf(list.tail),
    segment: async (number: number) => keysOf(await segment(number)),
    isBehind,
  }
  return sort === 'newest' ? descending(parts) : ascending(parts)
}

type Parts = Readonly<{
  segments: number
  /** The oldest first, like those of a segment. */
  tail: readonly RowKey[]
  segment: (number: number) => Promise<readonly RowKey[]>
  isBehind: (key: RowKey) => boolean
}>

async function* descending({ segments, tail, segment, isBehind }: Parts): Walk {
  yield* tail.filter(isBehind).toReversed()
  const [first] = tail
  const start = first === undefined || isBehind(first) ? segments - 1 : await lastSegment(segments, beginsBehind)
  for (let number = start; number >= 0; number -= 1) yield* (await segment(number)).filter(isBehind).toReversed()

  async function beginsBehind(number: number): Promise<boolean> {
    const [oldest] = await segment(number)
    return oldest === undefined || isBehind(oldest)
  }
}

async function* ascending({ segments, tail, segment, isBehind }: Parts): Walk {
  const start = Math.max(0, await lastSegment(segments, beginsBefore))
  for (let number = start; number < segments; number += 1) yield* (await segment(number)).filter(isBehind)
  yield* tail.filter(isBehind)

  async function beginsBefore(number: number): Promise<boolean> {
    const [oldest] = await segment(number)
    return oldest === undefined || !isBehind(oldest)
  }
}

/**
 * The last segment that begins on this side of a place, -1 where none does; by halving: a page far along must not read all
 * that comes before it.
 */
async function lastSegment(segments: number, isOnThisSide: (number: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, segments]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await isOnThisSide(middle)) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Several walks of the same order as one. */
export async function* together(walks: readonly Walk[], sort: ListSort): Walk {
  const sign = sort === 'newest' ? -1 : 1
  const heads = await Promise.all(walks.map(async (walk) => ({ walk, key: await nextOf(walk) })))
  for (;;) {
    const [first] = heads
      .filter(({ key }) => key !== undefined)
      .toSorted((a, b) => sign * compareKeys(a.key ?? [], b.key ?? []))
    if (first?.key === undefined) return
    yield first.key
    first.key = await nextOf(first.walk)
  }
}

/** Ends before the first key that is not wanted. */
export async function* asLong(walk: Walk, isWanted: (key: RowKey) => boolean): Walk {
  for await (const key of walk) {
    if (!isWanted(key)) return
    yield key
  }
}

/** So many of the next keys; fewer at the end alone. */
export async function take(walk: Walk, count: number): Promise<readonly RowKey[]> {
  const keys: RowKey[] = []
  while (keys.length < count) {
    const key = await nextOf(walk)
    if (key === undefined) break
    keys.push(key)
  }
  return keys
}

export async function nextOf(walk: Walk): Promise<RowKey | undefined> {
  const next = await walk.next()
  return next.done === true ? undefined : next.value
}
