import { OrdermillError } from '../../errors.ts'
import {
  BucketNotFoundError,
  CouchbaseError,
  IndexFailureError,
  IndexNotFoundError,
  PlanningFailureError,
  QueryScanConsistency,
  ScopeNotFoundError,
  ServiceNotAvailableError,
} from './couchbase-driver.ts'
import type { Connection } from './couchbase-connection.ts'
import { storeError } from './couchbase-errors.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import type { CollectionName } from './couchbase-keyspaces.ts'

export type Parameters = Readonly<Record<string, number | string>>
export type Row = Readonly<Record<string, unknown>>

/** Asks the query service. @throws {OrdermillError} SEARCH_UNAVAILABLE, STORE_REFUSED, STORE_UNAVAILABLE */
export type Query = (statement: string, parameters: Parameters) => Promise<readonly Row[]>

export function couchbaseQuery({ open }: Connection): Query {
  return async (statement, parameters) => {
    const { cluster } = await open()
    try {
      // Whoever has just written expects to find it: the index catches up first.
      const scanConsistency = QueryScanConsistency.RequestPlus
      const { rows } = await cluster.query<Row>(statement, { parameters, scanConsistency, readOnly: true })
      return rows
    } catch (error) {
      throw queryError(error)
    }
  }
}

/** As SQL++ names the collection. */
export function pathOf({ bucket, scope, collections }: CouchbaseStoreOptions, name: CollectionName): string {
  return collections === 'scoped' ? path(bucket, scope, name) : path(bucket)
}

/**
 * Conditions that tell documents of one kind in their collection, written out as they stand in the indexes: parameters would
 * not tell the planner that those may be used. Where all share one collection, the prefix of our keys is asked for too:
 * what senders put into their orders must not pass for ours.
 *
 * @param alias of the collection in the statement; none in the definition of an index
 */
export function oursAlone(
  { scope, collections }: CouchbaseStoreOptions,
  { collection, kind }: Readonly<{ collection: CollectionName; kind: string }>,
  alias = '',
): readonly string[] {
  const ofKind = `${alias === '' ? '' : `${alias}.`}\`kind\` = '${kind}'`
  if (collections === 'scoped') return [ofKind]
  const key = `META(${alias}).id`
  // Behind every key with the prefix: ";" comes after ":".
  return [ofKind, `${key} >= '${scope}:${collection}:'`, `${key} < '${scope}:${collection};'`]
}

/** Keys from the first on, and before the second. */
export type KeyRange = readonly [from: string, before: string]

/** Conditions for keys of a walk. They are ours, and name no index. */
export function keysWithin(
  { scope, collections }: CouchbaseStoreOptions,
  { collection, keys }: Readonly<{ collection: CollectionName; keys?: KeyRange }>,
  alias: string,
): readonly string[] {
  if (!keys) return []
  const prefix = collections === 'scoped' ? '' : `${scope}:${collection}:`
  const [from, before] = keys
  return [`META(${alias}).id >= '${prefix}${from}'`, `META(${alias}).id < '${prefix}${before}'`]
}

export function path(...names: readonly string[]): string {
  return names.map((name) => `\`${name.replaceAll('`', '``')}\``).join('.')
}

export function queryError(error: unknown): unknown {
  if (error instanceof ServiceNotAvailableError) {
    return new OrdermillError(
      'SEARCH_UNAVAILABLE',
      'the Couchbase cluster has no query service, which filters and sorts need: the newest and the oldest are listed without',
    )
  }
  if (isNotThereYet(error)) {
    const text = 'an index or a collection for this search is missing: create them with "ordermill store init"'
    return new OrdermillError('SEARCH_UNAVAILABLE', text, { cause: error })
  }
  return storeError(error, 'answer a query')
}

/** The keyspace or an index, perhaps because it was made a moment ago. */
export function isNotThereYet(error: unknown): boolean {
  if (!(error instanceof CouchbaseError)) return false
  const kinds = [IndexNotFoundError, PlanningFailureError, IndexFailureError, BucketNotFoundError, ScopeNotFoundError]
  return kinds.some((kind) => error instanceof kind)
}
