import { compareKeys, type RowKey } from '../store/cursor.ts'
import type { Entry, StoredList } from './couchbase-lists.ts'

export type Walk = AsyncGenerator<RowKey, void>

type Place = Readonly<{
  partition: number
  /** Whether a key is behind where the walk begins. */
  isBehind: (key: RowKey) => boolean
  segment: (number: number) => Promise<readonly Entry[]>
}>

/** Keys of one shard's list, the newest first. */
export async function* descending({ tail, segments }: StoredList, { partition, isBehind, segment }: Place): Walk {
  const keysOf = (entries: readonly Entry[]): readonly RowKey[] =>
    entries.map(([atMs, ...rest]) => [atMs, partition, ...rest])
  const newest = keysOf(tail)
  yield* newest.filter(isBehind).toReversed()
  const [first] = newest
  const start = first === undefined || isBehind(first) ? segments - 1 : await lastSegmentBehind(segments, firstIsBehind)
  for (let number = start; number >= 0; number -= 1) {
    yield* keysOf(await segment(number))
      .filter(isBehind)
      .toReversed()
  }

  async function firstIsBehind(number: number): Promise<boolean> {
    const [oldest] = keysOf((await segment(number)).slice(0, 1))
    return oldest === undefined || isBehind(oldest)
  }
}

/** The last segment that begins before a place, by halving: a page far back must not read all that is newer. */
async function lastSegmentBehind(segments: number, isBehind: (number: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, segments]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await isBehind(middle)) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Several walks as one. */
export async function* newestFirst(walks: readonly Walk[]): Walk {
  const heads = await Promise.all(walks.map(async (walk) => ({ walk, key: await nextOf(walk) })))
  for (;;) {
    const [newest] = heads
      .filter(({ key }) => key !== undefined)
      .toSorted((a, b) => compareKeys(b.key ?? [], a.key ?? []))
    if (newest?.key === undefined) return
    yield newest.key
    newest.key = await nextOf(newest.walk)
  }
}

/** Ends where keys are of an earlier time. */
export async function* since(walk: Walk, fromMs: number): Walk {
  for await (const key of walk) {
    if (Number(key[0]) < fromMs) return
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
