import type { Page, PageQuery } from '../../ports/order-queries.ts'
import { compareKeys, cursorAt, cursorKey, rowsScannedMax, type RowKey } from '../store/cursor.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { sqliteEras } from './sqlite-store-eras.ts'
import { keyOf, type Walk } from './sqlite-store-page.ts'
import type { Row } from './sqlite-store-rows.ts'

/**
 * One page of a walk over an index that begins with the era: the first rows of each era, merged.
 *
 * An era that gave as many rows as it was asked for may have more behind its last one, so that the merge is complete
 * only up to the nearest of these last rows: the horizon, where the next page goes on at the latest.
 */
export function eraPageOf<Item>(db: StoreDatabase, query: PageQuery, walk: Walk<Item>): Page<Item> {
  const after = cursorKey(walk.name, query, walk.example)
  const eras = sqliteEras(db).current() + 1
  const rowsEachMax = Math.max(2, Math.floor(rowsScannedMax / eras))
  // Few rows of each era fill most pages; all that may be looked at is for rare matches, and for few eras.
  for (const rowsEach of [firstRowsEach, query.limit + 1]) {
    if (rowsEach >= rowsEachMax) break
    const page = mergedPage(db, query, walk, { after, eras, rowsEach })
    if (page.nextCursor === null || page.items.length === query.limit) return page
  }
  return mergedPage(db, query, walk, { after, eras, rowsEach: rowsEachMax })
}

const firstRowsEach = 8

function mergedPage<Item>(db: StoreDatabase, query: PageQuery, walk: Walk<Item>, reach: Reach): Page<Item> {
  const { keys, horizon } = mergedKeys(keysOf(db, walk, reach), walk, reach.rowsEach)
  const rowOf = rowReader(db, walk)
  const items: Item[] = []
  let looked = 0
  for (const key of keys) {
    if (items.length === query.limit) break
    looked += 1
    const row = rowOf(key)
    if (row) items.push(walk.itemOf(row))
  }
  const last = looked < keys.length ? keys[looked - 1] : horizon
  return { items, nextCursor: last ? cursorAt(walk.name, query, last) : null }
}

/** The keys up to the horizon in the order of the walk; no horizon when every era gave all that it has. */
function mergedKeys(
  found: readonly (readonly RowKey[])[],
  { descending }: Readonly<{ descending: boolean }>,
  rowsEach: number,
): Readonly<{ keys: readonly RowKey[]; horizon: RowKey | undefined }> {
  const sign = descending ? -1 : 1
  const byKey = (a: RowKey, b: RowKey) => sign * compareKeys(a, b)
  const horizon = found.flatMap((keys) => keys.slice(rowsEach - 1)).toSorted(byKey)[0]
  const keys = found.flat().filter((key) => horizon === undefined || byKey(key, horizon) <= 0)
  return { keys: keys.toSorted(byKey), horizon }
}

type Reach = Readonly<{ after: RowKey | undefined; eras: number; rowsEach: number }>

/** The first keys of each era, from the index alone. */
function keysOf<Item>(db: StoreDatabase, walk: Walk<Item>, { after, eras, rowsEach }: Reach): readonly RowKey[][] {
  const { table, key, seek, descending, example } = walk
  const marks = key.map(() => '?').join(', ')
  const from = after ? [`(${key.join(', ')}) ${descending ? '<' : '>'} (${marks})`] : []
  const where = ['era = ?', ...seek.map(({ sql }) => sql), ...from].join(' AND ')
  const order = key.map((column) => `${column} ${descending ? 'DESC' : 'ASC'}`).join(', ')
  const select = db.prepare(`SELECT ${key.join(', ')} FROM ${table} WHERE ${where} ORDER BY ${order} LIMIT ${rowsEach}`)
  const values = [...seek.map(({ value }) => value), ...(after ?? [])]
  return Array.from({ length: eras }, (_, era) => select.all(era, ...values).map((row) => keyOf(row, key, example)))
}

/** Reads an order by the end of its key, which is its identity; undefined when it does not match the filter. */
function rowReader<Item>(db: StoreDatabase, { table, columns, filter }: Walk<Item>): (key: RowKey) => Row | undefined {
  const where = ['order_id = ?', 'identity_ms = ?', ...filter.map(({ sql }) => sql)].join(' AND ')
  const select = db.prepare(`SELECT ${columns} FROM ${table} WHERE ${where}`)
  const values = filter.map(({ value }) => value)
  return (key) => select.get(...key.slice(-2), ...values)
}
