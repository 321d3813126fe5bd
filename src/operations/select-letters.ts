import type { RedriveSpec } from '../codec/operation-codec.ts'
import type { OrderQueries, StoredDeadLetter } from '../ports/order-queries.ts'

/** Either the letters of a list of ids, or all that are open and match. */
export type Selection = Readonly<{
  ids?: readonly string[]
  filter?: RedriveSpec['filter']
  /** Letters logged later are left out: else those that are refused again would be redriven without end. */
  untilMs: number
}>

/** How far a selection is read: the ids to come, and then the page to come; null when there is none. */
export type Place = Readonly<{ ids: readonly string[]; page: string | null }>

/** `letter` is undefined where none has the id. */
export type Selected = Readonly<{ id: string; letter: StoredDeadLetter | undefined }>

export type LetterStore = Pick<OrderQueries, 'searchDeadLetters' | 'findDeadLetter'>

const firstPage = ''
/** Looked up side by side. */
const lookUpsMax = 32

export function beginningOf({ ids }: Selection): Place {
  return ids ? { ids, page: null } : { ids: [], page: firstPage }
}

export function isExhausted({ ids, page }: Place): boolean {
  return ids.length === 0 && page === null
}

/** The next `max` letters at most; fewer, or none, do not mean that it was the last. */
export async function selectLetters(
  store: LetterStore,
  selection: Selection,
  { ids, page }: Place,
  max: number,
): Promise<Readonly<{ selected: readonly Selected[]; next: Place }>> {
  if (ids.length > 0) {
    return { selected: await findLetters(store, ids.slice(0, max)), next: { ids: ids.slice(max), page } }
  }
  if (page === null) return { selected: [], next: { ids, page } }
  const cursor = page === firstPage ? {} : { cursor: page }
  const { items, nextCursor } = await store.searchDeadLetters({ limit: max, ...cursor, ...conditionsOf(selection) })
  return { selected: items.map((letter) => ({ id: letter.id, letter })), next: { ids, page: nextCursor } }
}

export async function findLetters(store: LetterStore, ids: readonly string[]): Promise<readonly Selected[]> {
  const found: Selected[] = []
  for (let at = 0; at < ids.length; at += lookUpsMax) {
    const some = ids.slice(at, at + lookUpsMax)
    found.push(...(await Promise.all(some.map(async (id) => ({ id, letter: await store.findDeadLetter(id) })))))
  }
  return found
}

function conditionsOf({ filter = {}, untilMs }: Selection) {
  const { group, code, from_ms: fromMs, to_ms: toMs = untilMs, order_id: orderId } = filter
  return {
    state: 'open' as const,
    // As they were refused, so that records of one order come back in the order that they had.
    sort: 'oldest' as const,
    toMs: Math.min(toMs, untilMs),
    ...(group === undefined ? {} : { group }),
    ...(code === undefined ? {} : { code }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(orderId === undefined ? {} : { orderId }),
  }
}
