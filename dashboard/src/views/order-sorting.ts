import type { Sorting } from '../components/table-sort.tsx'

/** The API's names of the sorts, by column and direction. */
const sorts = {
  received: { descending: 'newest', ascending: 'oldest' },
  amount: { descending: 'amount_desc', ascending: 'amount_asc' },
  order_id: { descending: 'order_id_desc', ascending: 'order_id_asc' },
} as const

const defaultSort = sorts.received.descending

/** The default sort is left out of the URL. */
export function sortingOf(sort: string | undefined, onChange: (sort: string | undefined) => void): Sorting {
  const known = Object.entries(sorts).find(([, { ascending, descending }]) => sort === ascending || sort === descending)
  const [column, names] = known ?? ['received', sorts.received]
  return {
    column,
    direction: sort === names.ascending ? 'ascending' : 'descending',
    onSort(id, direction) {
      if (!(id === 'received' || id === 'amount' || id === 'order_id')) return
      const chosen = sorts[id][direction]
      onChange(chosen === defaultSort ? undefined : chosen)
    },
  }
}
