import { Icon } from './icon.tsx'

export type Sorting = Readonly<{
  column: string
  direction: 'ascending' | 'descending'
  onSort: (column: string, direction: 'ascending' | 'descending') => void
}>

type Sortable = Readonly<{ id: string; head: string; sortable?: boolean }>

/** A click sorts downwards first: the newest and the largest are what people look for. */
export function SortButton({ column, sorting }: { column: Sortable; sorting: Sorting }) {
  const active = sorting.column === column.id
  const next = active && sorting.direction === 'descending' ? 'ascending' : 'descending'
  return (
    <button type="button" className="sort" data-active={active} onClick={() => sorting.onSort(column.id, next)}>
      {column.head}
      <Icon name={active && sorting.direction === 'ascending' ? 'sortUp' : 'sortDown'} />
    </button>
  )
}

export function ariaSort({ id, sortable }: Sortable, sorting: Sorting | undefined) {
  if (!sortable || !sorting) return undefined
  return sorting.column === id ? sorting.direction : 'none'
}
