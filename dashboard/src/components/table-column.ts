import type { ReactNode, RefObject } from 'react'
import type { ColumnSize } from './table-fit.ts'
import type { Sorting } from './table-sort.tsx'

export type Column<Row> = ColumnSize &
  Readonly<{
    id: string
    head: string
    align?: 'end'
    sortable?: boolean
    cell: (row: Row) => ReactNode
    /** What a button in the cell copies: ids are there to be pasted elsewhere. */
    copies?: (row: Row) => string
  }>

export type TableProps<Row> = Readonly<{
  label: string
  columns: readonly Column<Row>[]
  /** undefined: still loading. */
  rows: readonly Row[] | undefined
  rowKey: (row: Row) => string
  /** Where a row leads; Enter, a click, or a middle click for a tab of its own. */
  rowHref?: (row: Row) => string
  selectedKey?: string | undefined
  sorting?: Sorting
  /** The element that scrolls, for lists that can get long: only the rows in sight are made then. */
  scrollRef?: RefObject<HTMLElement | null>
  /** Rows that the loading state stands in for. */
  skeletonRows?: number
  /** Rows can be marked, to do something with all of them. */
  selection?: Selection
}>

/** By row key. */
export type Selection = Readonly<{
  selected: ReadonlySet<string>
  onChange: (selected: ReadonlySet<string>) => void
  /** What a row is called for who doesn't see it. */
  what: string
}>
