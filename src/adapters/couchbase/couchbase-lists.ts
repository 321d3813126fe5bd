/**
 * What came in at a shard, in the order of its arrival: the newest entries in one document, all older ones in segments, so
 * that the newest orders, payments, alerts and letters can be read, and all others behind them, by key alone.
 *
 * A list knows up to which offset it has taken entries, so that it may be written before its shard moves, by whoever,
 * however batches are cut. A segment is the older part of one version of the list, written before the next version. There
 * is one such version, since the list changes by compare-and-swap: whoever writes segment n, late or twice, writes the same.
 */
export const listNames = ['orders', 'payments', 'alerts', 'letters'] as const
export type ListName = (typeof listNames)[number]

/** `atMs` is log time. One that arrives behind a whole tail of newer ones is listed as the oldest of that tail. */
export type Entry = readonly [atMs: number, offset: number, ...rest: readonly (number | string)[]]

export type StoredList = Readonly<{
  kind: 'list'
  /** Every entry below is taken. */
  next: number
  segments: number
  /** Of the newest entry in a segment: none in the tail is older. */
  sealedAtMs: number
  /** By time, then offset. */
  tail: readonly Entry[]
}>

/** A tail of so many entries gives its oldest to a segment before more are added. */
const tailEntriesMax = 512
/** So many stay, so that those who arrive late find their place. */
const tailEntriesMin = 256

const emptyList: StoredList = { kind: 'list', next: 0, segments: 0, sealedAtMs: 0, tail: [] }

export type Extended = Readonly<{
  list: StoredList
  /** To be written before the list. */
  segment?: Readonly<{ number: number; entries: readonly Entry[] }>
}>

/**
 * The list with those entries that it does not have yet; undefined when it has them all.
 *
 * @param next behind the batch that the entries are of
 */
export function extendList(
  list: StoredList = emptyList,
  entries: readonly Entry[],
  next: number,
): Extended | undefined {
  if (next <= list.next) return undefined
  const fresh = entries.filter(([, offset]) => offset >= list.next)
  const { segments, tail } = list
  if (tail.length < tailEntriesMax) return { list: withEntries(list, fresh, next) }
  const sealed = tail.slice(0, -tailEntriesMin)
  const sealedAtMs = sealed.at(-1)?.[0] ?? list.sealedAtMs
  const rest = { ...list, segments: segments + 1, sealedAtMs, tail: tail.slice(-tailEntriesMin) }
  return { list: withEntries(rest, fresh, next), segment: { number: segments, entries: sealed } }
}

function withEntries(list: StoredList, entries: readonly Entry[], next: number): StoredList {
  const added = entries.map(([atMs, ...rest]): Entry => [Math.max(atMs, list.sealedAtMs), ...rest])
  return { ...list, next, tail: [...list.tail, ...added].toSorted((a, b) => a[0] - b[0] || a[1] - b[1]) }
}
