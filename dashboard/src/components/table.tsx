import { useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Skeleton } from './query-state.tsx'
import { SelectAll, selectWidthPx } from './table-select.tsx'
import { fitColumns, widthOf } from './table-fit.ts'
import { TableRow } from './table-row.tsx'
import { SortButton, ariaSort } from './table-sort.tsx'
import type { Column, TableProps } from './table-column.ts'
import { useWidth } from './use-width.ts'

const rowHeightPx = 40

/** Leaves columns out, or scrolls sideways, where there is no room for all of them. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, rows, scrollRef, sorting, selection, skeletonRows = 8 } = props
  const boxRef = useRef<HTMLDivElement>(null)
  const tableRef = useRef<HTMLTableElement>(null)
  const besidePx = selection ? selectWidthPx : 0
  const roomPx = useWidth(boxRef) - besidePx
  const { columns, narrow, leastPx } = fitColumns(props.columns, roomPx)
  const table = { ...props, columns }
  const scrolls = leastPx > roomPx
  return (
    <div className="table-box" ref={boxRef} data-narrow={narrow || undefined} {...(scrolls && scrollable(label))}>
      <table
        className="table"
        ref={tableRef}
        aria-label={label}
        aria-busy={rows === undefined}
        style={scrolls ? { width: besidePx + leastPx } : undefined}
      >
        <colgroup>
          {selection && <col style={{ width: selectWidthPx }} />}
          {columns.map((column) => (
            <col key={column.id} style={{ width: widthOf(column, narrow) }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {selection && <SelectAll selection={selection} keys={rows?.map(props.rowKey)} />}
            {columns.map((column) => (
              <th key={column.id} scope="col" className={column.align} aria-sort={ariaSort(column, sorting)}>
                {column.sortable && sorting ? <SortButton column={column} sorting={sorting} /> : column.head}
              </th>
            ))}
          </tr>
        </thead>
        {rows === undefined ? (
          <SkeletonRows columns={columns} count={skeletonRows} selectable={selection !== undefined} />
        ) : scrollRef ? (
          <RowsInSight {...table} rows={rows} scrollRef={scrollRef} tableRef={tableRef} />
        ) : (
          <tbody>
            {rows.map((row) => (
              <TableRow key={props.rowKey(row)} row={row} table={table} />
            ))}
          </tbody>
        )}
      </table>
    </div>
  )
}

/** What scrolls must be reached without a pointer. */
function scrollable(label: string) {
  return { 'data-scrolls': true, role: 'group', tabIndex: 0, 'aria-label': `${label}, scrolls sideways` }
}

function SkeletonRows<Row>(props: { columns: readonly Column<Row>[]; count: number; selectable: boolean }) {
  const { columns, count, selectable } = props
  return (
    <tbody>
      {Array.from({ length: count }, (_, index) => (
        <tr key={index}>
          {selectable && <td className="select">{null}</td>}
          {columns.map((column) => (
            <td key={column.id} className={column.align}>
              <Skeleton width={`${40 + ((index * 7 + column.id.length * 11) % 35)}%`} />
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  )
}

type InSight<Row> = TableProps<Row> & {
  rows: readonly Row[]
  scrollRef: RefObject<HTMLElement | null>
  tableRef: RefObject<HTMLTableElement | null>
}

function RowsInSight<Row>(table: InSight<Row>) {
  const { rows, scrollRef, tableRef } = table
  const scrollMargin = useOffset(tableRef, scrollRef)
  // What it returns must not be memoized, which only React's compiler would do.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowHeightPx,
    overscan: 12,
    scrollMargin,
  })
  const items = virtualizer.getVirtualItems()
  const abovePx = (items[0]?.start ?? scrollMargin) - scrollMargin
  const belowPx = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? scrollMargin) - scrollMargin)
  return (
    <tbody>
      <Spacer height={abovePx} />
      {items.map(({ index }) => {
        const row = rows[index]
        return row === undefined ? null : <TableRow key={table.rowKey(row)} row={row} table={table} />
      })}
      <Spacer height={belowPx} />
    </tbody>
  )
}

/** One cell alone: with a span over columns that are hidden, a column would be made for them. */
function Spacer({ height }: { height: number }) {
  if (height <= 0) return null
  return (
    <tr aria-hidden="true" className="spacer">
      <td aria-hidden="true" style={{ height }} />
    </tr>
  )
}

/** How far down the scrolling element the table begins. */
function useOffset(tableRef: RefObject<HTMLElement | null>, scrollRef: RefObject<HTMLElement | null>): number {
  const [offset, setOffset] = useState(0)
  useLayoutEffect(() => {
    const table = tableRef.current
    const scroll = scrollRef.current
    if (!table || !scroll) return
    setOffset(table.getBoundingClientRect().top - scroll.getBoundingClientRect().top + scroll.scrollTop)
  }, [tableRef, scrollRef])
  return offset
}
