import type { Page, PageQuery } from '../../ports/order-queries.ts'
import { compareKeys, cursorAt, cursorKey, rowsScannedMax, type RowKey } from '../store/cursor.ts'

export type Walk<Row> = Readonly<{
  name: string
  rows: Iterable<Row>
  keyOf: (row: Row) => RowKey
  /** A key of the same shape as every row's. */
  example: RowKey
  descending: boolean
  matches: (row: Row) => boolean
}>

/** One page of a walk in key order: at most `limit` matches among at most {@link rowsScannedMax} rows. */
export function pageOf<Row>(query: PageQuery, walk: Walk<Row>): Page<Row> {
  const { name, keyOf, matches } = walk
  const rows = rowsAfter(cursorKey(name, query, walk.example), walk)
  const items: Row[] = []
  let looked = 0
  let last: Row | undefined
  for (const row of rows.slice(0, rowsScannedMax)) {
    if (items.length === query.limit) break
    looked += 1
    last = row
    if (matches(row)) items.push(row)
  }
  if (last === undefined || looked === rows.length) return { items, nextCursor: null }
  return { items, nextCursor: cursorAt(name, query, keyOf(last)) }
}

function rowsAfter<Row>(after: RowKey | undefined, { rows, keyOf, descending }: Walk<Row>): readonly Row[] {
  const sign = descending ? -1 : 1
  return [...rows]
    .filter((row) => after === undefined || sign * compareKeys(keyOf(row), after) > 0)
    .toSorted((a, b) => sign * compareKeys(keyOf(a), keyOf(b)))
}
