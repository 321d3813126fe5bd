import type { OrderQueries } from '../ports/order-queries.ts'
import { beginningOf, isExhausted, selectLetters, type Selection } from './select-letters.ts'

/** More are not counted one by one. */
const countedMax = 10_000
const pageMax = 1_000

/** How many letters a selection has; null when it takes too long to find out. */
export async function countLetters(
  store: Pick<OrderQueries, 'searchDeadLetters' | 'findDeadLetter' | 'viewCounts'>,
  selection: Selection,
): Promise<number | null> {
  const { ids, filter = {} } = selection
  if (ids) return ids.length
  if (Object.keys(filter).length === 0) {
    const { deadLetters, redriven } = await store.viewCounts()
    return deadLetters - redriven
  }
  let counted = 0
  let place = beginningOf(selection)
  for (let looks = 0; looks < countedMax / pageMax; looks += 1) {
    const { selected, next } = await selectLetters(store, selection, place, pageMax)
    counted += selected.length
    place = next
    if (isExhausted(place)) return counted
  }
  return null
}
