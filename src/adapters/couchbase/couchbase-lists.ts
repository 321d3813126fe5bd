/**
 * What came in at a shard, in the order of its arrival: the newest entries in the shard's own document, all older ones in
 * segments, so that the newest orders, payments, alerts and letters can be read, and all others behind them, by key alone.
 *
 * A segment is the tail of one version of its shard, written before the next version. There is one version of that tail,
 * since the shard moves by compare-and-swap: whoever writes segment n, late or twice, writes the same.
 */
export const listNames = ['orders', 'payments', 'alerts', 'letters'] as const
export type ListName = (typeof listNames)[number]

/** `atMs` is log time. One that arrives behind a whole tail of newer ones is listed as the oldest of that tail. */
export type Entry = readonly [atMs: number, offset: number, ...rest: readonly (number | string)[]]

export type StoredList = Readonly<{
  segments: number
  /** Of the newest entry in a segment: none in the tail is older. */
  sealedAtMs: number
  /** By time, then offset. */
  tail: readonly Entry[]
  /** Of a batch that is not applied yet: reservations of payments. */
  pending?: readonly Entry[]
}>

/** A tail of so many entries gives its oldest to a segment before more are added. */
const tailEntriesMax = 512
/** So many stay, so that those who arrive late find their place. */
const tailEntriesMin = 256

const emptyList: StoredList = { segments: 0, sealedAtMs: 0, tail: [] }

export type Extended = Readonly<{
  list: StoredList
  /** To be written before the list. */
  segment?: Readonly<{ number: number; entries: readonly Entry[] }>
}>

export function extendList(list: StoredList = emptyList, entries: readonly Entry[]): Extended {
  const { segments, tail } = list
  if (entries.length === 0 || tail.length < tailEntriesMax) return { list: withEntries(list, entries) }
  const sealed = tail.slice(0, -tailEntriesMin)
  const sealedAtMs = sealed.at(-1)?.[0] ?? list.sealedAtMs
  const rest = { ...list, segments: segments + 1, sealedAtMs, tail: tail.slice(-tailEntriesMin) }
  return { list: withEntries(rest, entries), segment: { number: segments, entries: sealed } }
}

/** Shows entries before they count. */
export function withPending(list: StoredList = emptyList, pending: readonly Entry[]): StoredList {
  return { ...list, pending: pending.map((entry) => notBefore(list, entry)) }
}

/** Takes the pending entries below `next` into the list. */
export function extendByPending(list: StoredList = emptyList, next: number): Extended {
  const { pending = [], ...rest } = list
  const extended = extendList(
    rest,
    pending.filter(([, offset]) => offset < next),
  )
  return {
    ...extended,
    list: withPending(
      extended.list,
      pending.filter(([, offset]) => offset >= next),
    ),
  }
}

/** Oldest first, also those that do not count yet. */
export function newestEntries({ tail, pending = [] }: StoredList): readonly Entry[] {
  return pending.length === 0 ? tail : [...tail, ...pending].toSorted(byTime)
}

function withEntries(list: StoredList, entries: readonly Entry[]): StoredList {
  return { ...list, tail: [...list.tail, ...entries.map((entry) => notBefore(list, entry))].toSorted(byTime) }
}

function notBefore({ sealedAtMs }: StoredList, [atMs, ...rest]: Entry): Entry {
  return [Math.max(atMs, sealedAtMs), ...rest]
}

function byTime(a: Entry, b: Entry): number {
  return a[0] - b[0] || a[1] - b[1]
}
