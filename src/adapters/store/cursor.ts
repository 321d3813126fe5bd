import { OrdermillError } from '../../errors.ts'
import type { PageQuery } from '../../ports/order-queries.ts'

/** A page looks at no more rows than this, so that a rare match can't make one read long. It is also the largest page. */
export const rowsScannedMax = 10_000

/** The sort key of a row, unique among the rows that a query walks. */
export type RowKey = readonly (number | string)[]

/** What the cursor of `query` holds; undefined without one. `example` is a key of the same shape. */
export function cursorKey(name: string, query: PageQuery, example: RowKey): RowKey | undefined {
  checkLimit(query.limit)
  if (query.cursor === undefined) return undefined
  const [fingerprint, ...key] = decode(query.cursor)
  if (fingerprint !== fingerprintOf(name, query) || !sameShape(key, example)) throw foreignCursor()
  return key
}

export function cursorAt(name: string, query: PageQuery, key: RowKey): string {
  return Buffer.from(JSON.stringify([fingerprintOf(name, query), ...key])).toString('base64url')
}

/** Keys of one walk: member by member, which are of the same types. */
export function compareKeys(a: RowKey, b: RowKey): number {
  const at = a.findIndex((part, index) => part !== b[index])
  const [left, right] = [a[at], b[at]]
  if (left === undefined || right === undefined) return 0
  return left < right ? -1 : 1
}

function fingerprintOf(name: string, query: PageQuery): string {
  const conditions = Object.entries(query).filter(([member]) => member !== 'limit' && member !== 'cursor')
  return [name, ...conditions.map(([member, value]) => `${member}=${String(value)}`).toSorted()].join('&')
}

function decode(cursor: string): RowKey {
  const parsed: unknown = parse(Buffer.from(cursor, 'base64url').toString())
  if (!Array.isArray(parsed) || !parsed.every(isKeyPart)) throw foreignCursor()
  return parsed
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isKeyPart(part: unknown): part is number | string {
  return typeof part === 'string' || Number.isSafeInteger(part)
}

function sameShape(key: RowKey, example: RowKey): boolean {
  return key.length === example.length && key.every((part, index) => typeof part === typeof example[index])
}

function foreignCursor(): OrdermillError {
  return new OrdermillError('REQUEST_INVALID', 'the cursor does not belong to this query: start again without a cursor')
}

function checkLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= rowsScannedMax) return
  throw new OrdermillError('REQUEST_INVALID', `limit must be a whole number from 1 to ${rowsScannedMax}, got ${limit}`)
}
