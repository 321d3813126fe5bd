import type { PaymentOutcome } from '../../domain/payment.ts'
import type { DeadLetterQuery, OrderQuery, OrderSort, Page, PageQuery } from '../../ports/order-queries.ts'
import { compareKeys, cursorAt, cursorKey, rowsScannedMax, type RowKey } from '../store/cursor.ts'
import { keysOfGeneration } from './couchbase-generations.ts'
import type { CollectionName } from './couchbase-keyspaces.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import type { ForEach } from './couchbase-work.ts'
import {
  keysWithin,
  oursAlone,
  pathOf,
  type KeyRange,
  type Parameters,
  type Query,
  type Row,
} from './couchbase-query.ts'

type Condition = Readonly<{ member: string; operator: '=' | '<' | '<=' | '>='; value: number | string }>

/** A search in the order of one index, which covers it: only what is shown is then read, by key. */
export type Walk = Readonly<{
  name: string
  collection: CollectionName
  /** Of the documents that are walked. */
  kind: string
  /** Members that begin the index and have one value each: the walk is within them. */
  within: readonly Condition[]
  /** Members of the sort key, unique together. */
  key: readonly string[]
  example: RowKey
  descending: boolean
  /** Conditions that the index of the key answers: they bound what is looked at. */
  seek: readonly Condition[]
  /** Conditions that each entry looked at is tested for. */
  filter: readonly Condition[]
  /** Of the documents that are walked, from the first on and before the second; of all when left out. */
  keys?: KeyRange
}>

export type PageOf = <Item>(
  query: PageQuery,
  walk: Walk,
  load: (key: RowKey) => Promise<Item | undefined>,
) => Promise<Page<Item>>

/** One page of a walk: at most `limit` matches among at most {@link rowsScannedMax} entries of the index. */
export function couchbasePages(options: CouchbaseStoreOptions, ask: Query, forEach: ForEach): PageOf {
  return async (query, walk, load) => {
    const window = windowOf(options, walk, cursorKey(walk.name, query, walk.example))
    const keyOfRow = (row: Row): RowKey => walk.key.map((member) => partOf(row[member]))
    const rows = await ask(matching(window, walk), {
      ...window.parameters,
      ...valuesOf('f', walk.filter),
      n: query.limit + 1,
    })
    const shown = rows.slice(0, query.limit).map(keyOfRow)
    const items = await forEach(shown, load)
    const last = shown.at(-1)
    const end = rows.length > query.limit ? last : further(walk, last, await endOf(ask, walk, window, keyOfRow))
    const nextCursor = end ? cursorAt(walk.name, query, end) : null
    return { items: items.filter((item) => item !== undefined), nextCursor }
  }
}

type Window = Readonly<{ statement: string; parameters: Parameters }>

function windowOf(options: CouchbaseStoreOptions, walk: Walk, after: RowKey | undefined): Window {
  const { collection, within, key, descending, seek, filter } = walk
  const columns = [...new Set([...key, ...filter.map(({ member }) => member)])].map((member) => `o.\`${member}\``)
  const where = [
    ...oursAlone(options, walk, 'o'),
    ...keysWithin(options, walk, 'o'),
    ...testsOf('o', 'w', within),
    ...testsOf('o', 's', seek),
    ...(after ? [behind(key, descending ? '<' : '>')] : []),
  ]
  const sorted = [...within.map(({ member }) => member), ...key]
  const statement =
    `SELECT ${columns.join(', ')} FROM ${pathOf(options, collection)} AS o WHERE ${where.join(' AND ')} ` +
    `ORDER BY ${orderBy('o', sorted, descending)}`
  const afterValues = Object.fromEntries((after ?? []).map((part, index) => [`k${index}`, part]))
  return { statement, parameters: { ...valuesOf('w', within), ...valuesOf('s', seek), ...afterValues } }
}

function matching({ statement }: Window, { key, descending, filter }: Walk): string {
  const tests = filter.length === 0 ? '' : ` WHERE ${testsOf('w', 'f', filter).join(' AND ')}`
  const looked = `SELECT w.* FROM (${statement} LIMIT ${rowsScannedMax}) AS w`
  return `${looked}${tests} ORDER BY ${orderBy('w', key, descending)} LIMIT $n`
}

/** The window is read a moment later than the matches in it: what arrived in between moves its end before the last of them. */
function further({ descending }: Walk, last: RowKey | undefined, end: RowKey | undefined): RowKey | undefined {
  if (!last || !end) return end
  return compareKeys(last, end) * (descending ? -1 : 1) > 0 ? last : end
}

/** The last key of a full window, and undefined when the window holds all that is left. */
async function endOf(
  ask: Query,
  { filter }: Walk,
  { statement, parameters }: Window,
  keyOfRow: (row: Row) => RowKey,
): Promise<RowKey | undefined> {
  if (filter.length === 0) return undefined
  const [last] = await ask(`${statement} LIMIT 1 OFFSET ${rowsScannedMax - 1}`, parameters)
  return last && keyOfRow(last)
}

/** Behind a key in the order of the walk. The first test alone is what an index can seek. */
function behind(key: readonly string[], operator: '<' | '>'): string {
  const [first = ''] = key
  const nested = key.reduceRight((rest, member, index) => {
    const beyond = `o.\`${member}\` ${operator} $k${index}`
    return rest === '' ? beyond : `(${beyond} OR (o.\`${member}\` = $k${index} AND ${rest}))`
  }, '')
  return `o.\`${first}\` ${operator}= $k0 AND ${nested}`
}

function orderBy(from: string, members: readonly string[], descending: boolean): string {
  return members.map((member) => `${from}.\`${member}\` ${descending ? 'DESC' : 'ASC'}`).join(', ')
}

function testsOf(from: string, prefix: string, conditions: readonly Condition[]): readonly string[] {
  return conditions.map(({ member, operator }, index) => `${from}.\`${member}\` ${operator} $${prefix}${index}`)
}

function valuesOf(prefix: string, conditions: readonly Condition[]): Parameters {
  return Object.fromEntries(conditions.map(({ value }, index) => [`${prefix}${index}`, value]))
}

function partOf(value: unknown): number | string {
  return typeof value === 'number' ? value : String(value)
}

/** Members of the sort keys. */
export const arrivalKey = ['logMs', 'logPartition', 'logOffset', 'orderId', 'identityMs']
export const amountKey = ['amountMinor', 'orderId', 'identityMs']
export const idKey = ['orderId', 'identityMs']
export const paymentKey = ['atMs', 'logPartition', 'logOffset', 'orderId', 'identityMs']
export const letterKey = ['timestampMs', 'id']

export function orderWalk(query: OrderQuery): Walk {
  const { sort } = query
  const common = { name: 'orders', collection: 'orders', kind: 'order', descending: isDescending(sort) } as const
  const { customer, currency, amount, others } = conditionsOf(query)
  switch (sort) {
    case 'newest':
    case 'oldest':
      return {
        ...common,
        within: customer,
        key: arrivalKey,
        example: [0, 0, 0, 0, 0],
        seek: [],
        filter: [...currency, ...amount, ...others],
      }
    case 'amount_desc':
    case 'amount_asc':
      return {
        ...common,
        within: currency,
        key: amountKey,
        example: [0, 0, 0],
        seek: amount,
        filter: [...customer, ...others],
      }
    case 'order_id_desc':
    case 'order_id_asc':
      return {
        ...common,
        within: [],
        key: idKey,
        example: [0, 0],
        seek: [],
        filter: [...customer, ...currency, ...amount, ...others],
      }
    default:
      return sort satisfies never
  }
}

export function paymentWalk(outcome: PaymentOutcome | 'PENDING'): Walk {
  return {
    name: 'payments',
    collection: 'payments',
    kind: 'payment',
    within: when('status', '=', outcome),
    key: paymentKey,
    example: [0, 0, 0, 0, 0],
    descending: true,
    seek: [],
    filter: [],
  }
}

type LetterConditions = Pick<DeadLetterQuery, 'group' | 'code' | 'fromMs' | 'toMs'>

/** Of one generation. */
export function letterWalk({ group, code, fromMs, toMs }: LetterConditions, number: number): Walk {
  return {
    name: 'dead-letters',
    collection: 'dead_letters',
    kind: 'letter',
    within: [],
    key: letterKey,
    example: [0, ''],
    descending: true,
    seek: [...when('timestampMs', '>=', fromMs), ...when('timestampMs', '<', toMs)],
    filter: [...when('group', '=', group), ...when('code', '=', code)],
    keys: keysOfGeneration(number),
  }
}

function isDescending(sort: OrderSort): boolean {
  return sort === 'newest' || sort.endsWith('_desc')
}

function conditionsOf(query: OrderQuery) {
  return {
    customer: when('customerId', '=', query.customerId),
    currency: when('currency', '=', query.currency),
    amount: [...when('amountMinor', '>=', query.amountMinorMin), ...when('amountMinor', '<=', query.amountMinorMax)],
    others: [
      ...when('country', '=', query.country),
      ...when('status', '=', query.status),
      ...when('createdAtMs', '>=', query.createdFromMs),
      ...when('createdAtMs', '<', query.createdToMs),
    ],
  }
}

function when(
  member: string,
  operator: Condition['operator'],
  value: number | string | undefined,
): readonly Condition[] {
  return value === undefined ? [] : [{ member, operator, value }]
}
