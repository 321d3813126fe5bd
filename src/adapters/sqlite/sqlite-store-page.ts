import type { Page, PageQuery } from '../../ports/order-queries.ts'
import { cursorAt, cursorKey, rowsScannedMax, type RowKey } from '../store/cursor.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, textOf, type Row } from './sqlite-store-rows.ts'

export type Condition = Readonly<{ sql: string; value: number | string }>

/** No condition where there is nothing to compare with. */
export function when(sql: string, value: number | string | undefined): readonly Condition[] {
  return value === undefined ? [] : [{ sql, value }]
}

type Rows = Readonly<{
  name: string
  table: string
  columns: string
  /** Columns of the sort key, unique together. */
  key: readonly string[]
  /** A key of the same shape as every row's. */
  example: RowKey
  descending: boolean
  /** Conditions that the index of the key answers: they bound what is looked at. */
  seek: readonly Condition[]
  /** Conditions that each row looked at is tested for. */
  filter: readonly Condition[]
}>
export type Walk<Item> = Rows & Readonly<{ itemOf: (row: Row) => Item }>

/**
 * One page of a walk in key order: at most `limit` matches among at most {@link rowsScannedMax} rows.
 *
 * The inner select is the window that may be looked at, read lazily; one row more than the limit tells whether there is
 * more. A window that ended before the page was full goes on behind its last row.
 */
export function pageOf<Item>(db: StoreDatabase, query: PageQuery, walk: Walk<Item>): Page<Item> {
  const { name, key, filter, itemOf } = walk
  const window = windowOf(walk, cursorKey(name, query, walk.example))
  const looked = filter.length === 0 ? query.limit + 1 : rowsScannedMax
  const rows = db
    .prepare(`SELECT * FROM (${window.sql} LIMIT ${looked})${whereOf(filter)} LIMIT ?`)
    .all(...window.values, ...filter.map(({ value }) => value), query.limit + 1)
  const items = rows.slice(0, query.limit).map(itemOf)
  const last = rows.length > query.limit ? rows[query.limit - 1] : windowEnd(db, walk, window)
  return { items, nextCursor: last ? cursorAt(name, query, keyOf(last, key, walk.example)) : null }
}

type Window = Readonly<{ sql: string; values: readonly (number | string)[] }>

function windowOf({ table, columns, key, descending, seek }: Rows, after: RowKey | undefined): Window {
  const marks = key.map(() => '?').join(', ')
  const from = after ? [`(${key.join(', ')}) ${descending ? '<' : '>'} (${marks})`] : []
  const where = [...seek.map(({ sql }) => sql), ...from].join(' AND ')
  const order = key.map((column) => `${column} ${descending ? 'DESC' : 'ASC'}`).join(', ')
  const sql = `SELECT ${columns} FROM ${table}${where === '' ? '' : ` WHERE ${where}`} ORDER BY ${order}`
  return { sql, values: [...seek.map(({ value }) => value), ...(after ?? [])] }
}

/** The last row of a full window, and undefined when the window holds all the rows that are left. */
function windowEnd(db: StoreDatabase, { key, filter }: Rows, { sql, values }: Window): Row | undefined {
  if (filter.length === 0) return undefined
  return db.prepare(`SELECT ${key.join(', ')} FROM (${sql}) LIMIT 1 OFFSET ${rowsScannedMax - 1}`).get(...values)
}

function whereOf(conditions: readonly Condition[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`
}

export function keyOf(row: Row, key: readonly string[], example: RowKey): RowKey {
  return key.map((column, index) => (typeof example[index] === 'number' ? intOf(row, column) : textOf(row, column)))
}
