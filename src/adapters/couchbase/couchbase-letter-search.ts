import type { DeadLetterQuery, OrderQueries, Page, StoredDeadLetter } from '../../ports/order-queries.ts'
import { compareKeys, cursorAt, cursorKey, type RowKey } from '../store/cursor.ts'
import type { CouchbaseArrivals } from './couchbase-arrivals.ts'
import type { Generation, Generations } from './couchbase-generations.ts'
import { letterAt, letterKey, lettersOf } from './couchbase-letters.ts'
import { letterWalk, type PageOf } from './couchbase-walks.ts'

type LetterSearch = Pick<OrderQueries, 'searchDeadLetters' | 'findDeadLetter'>

type LetterSearchDeps = Readonly<{ generations: Generations; arrivals: CouchbaseArrivals; pageOf: PageOf }>

/** Letters that a page looks at for those that are asked for: two small reads each. */
const lettersLookedMax = 1_000

/**
 * The newest by group or code: the query service gives the keys. All else is read by key: of one order, of a time, open or
 * redriven, the oldest first.
 */
export function couchbaseLetterSearch({ generations, arrivals, pageOf }: LetterSearchDeps): LetterSearch {
  function listed(query: DeadLetterQuery): Promise<Page<StoredDeadLetter>> {
    const { sort = 'newest', fromMs = -Infinity, toMs = Infinity, group, code, state } = query
    return arrivals.page(query, {
      list: 'letters',
      sort,
      example: [0, 0, 0, ''],
      load: async (key, generation) => matching(query, await letterAt(generation, String(key.at(-1)))),
      range: { fromMs, toMs },
      ...((group ?? code ?? state) !== undefined && { looksMax: lettersLookedMax }),
    })
  }

  return {
    async searchDeadLetters(query) {
      const { orderId, group, code } = query
      if (orderId !== undefined) return generations.throughout((generation) => pageOfOrder(generation, query, orderId))
      if (query.sort === 'oldest' || (group === undefined && code === undefined)) return listed(query)
      return generations.throughout((generation) =>
        pageOf(query, letterWalk(query, generation.number), async (key) =>
          matching(query, await letterAt(generation, letterKey(String(key.at(-1))))),
        ),
      )
    },

    findDeadLetter: (id) => generations.throughout((generation) => letterAt(generation, letterKey(id))),
  }
}

/** Of the letters that an order's story has, too few for a search. */
async function pageOfOrder(
  generation: Generation,
  query: DeadLetterQuery,
  orderId: number,
): Promise<Page<StoredDeadLetter>> {
  const after = cursorKey('dead-letters', query, [0, 0, 0, ''])
  const sign = query.sort === 'oldest' ? 1 : -1
  const left = (await lettersOf(generation, orderId))
    .filter((letter) => matching(query, letter) !== undefined)
    .filter((letter) => after === undefined || sign * compareKeys(placeOf(letter), after) > 0)
    .toSorted((a, b) => sign * compareKeys(placeOf(a), placeOf(b)))
  const items = left.slice(0, query.limit)
  const last = left.length > items.length ? items.at(-1) : undefined
  return { items, nextCursor: last ? cursorAt('dead-letters', query, placeOf(last)) : null }
}

function placeOf({ timestampMs, letter, id }: StoredDeadLetter): RowKey {
  return [timestampMs, letter.partition, letter.offset, id]
}

function matching(query: DeadLetterQuery, letter: StoredDeadLetter | undefined): StoredDeadLetter | undefined {
  if (!letter) return undefined
  const { group = letter.group, code = letter.code, fromMs = -Infinity, toMs = Infinity, state } = query
  const isInTime = letter.timestampMs >= fromMs && letter.timestampMs < toMs
  const isInState = state === undefined || (state === 'open') === (letter.redriven === null)
  return group === letter.group && code === letter.code && isInTime && isInState ? letter : undefined
}
