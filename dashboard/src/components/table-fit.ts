/** A table that has less room than this is drawn closer. */
const narrowPx = 480
/** Of a column that has no width of its own. */
const columnPxMin = 100

export type ColumnSize = Readonly<{
  /** px; columns without one share what is left. */
  width?: number
  /** The same where the whole table has little room. */
  narrowWidth?: number | 'auto'
  /** px, of a column without a width. */
  minWidth?: number
  /** Where there is no room for all, this column goes, the lowest first. Only where the row leads to all it says. */
  leaves?: number
}>

export type Fit<Shape> = Readonly<{
  columns: readonly Shape[]
  narrow: boolean
  /** The table scrolls sideways where there is less. */
  leastPx: number
}>

/** The columns that `roomPx` has room for: those that may leave do so until the rest fits. */
export function fitColumns<Shape extends ColumnSize>(columns: readonly Shape[], roomPx: number): Fit<Shape> {
  const narrow = roomPx < narrowPx
  const leastPx = columns.reduce((sum, column) => sum + leastOf(column, narrow), 0)
  const first = columns
    .filter(({ leaves }) => leaves !== undefined)
    .toSorted((a, b) => (a.leaves ?? 0) - (b.leaves ?? 0))[0]
  if (leastPx <= roomPx || !first) return { columns, narrow, leastPx }
  return fitColumns(
    columns.filter((column) => column !== first),
    roomPx,
  )
}

/** undefined: it shares what is left. */
export function widthOf({ width, narrowWidth = width }: ColumnSize, narrow: boolean): number | undefined {
  if (!narrow) return width
  return narrowWidth === 'auto' ? undefined : narrowWidth
}

function leastOf(column: ColumnSize, narrow: boolean): number {
  return widthOf(column, narrow) ?? column.minWidth ?? columnPxMin
}
