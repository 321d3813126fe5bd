import { OrdermillError } from '../../errors.ts'
import type { AsOf } from '../../ports/order-book.ts'
import { orderSorts } from '../../ports/order-queries.ts'
import { asOfShards } from '../store/as-of.ts'
import { couchbaseConnection } from './couchbase-connection.ts'
import { couchbaseWriter } from './couchbase-json.ts'
import { couchbaseGenerations, generationKeyspaces } from './couchbase-generations.ts'
import { openKeyspaces } from './couchbase-keyspaces.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import { couchbaseQuery } from './couchbase-query.ts'
import { couchbaseShards, type Counted } from './couchbase-shards.ts'
import { boundedWork } from './couchbase-work.ts'
import { couchbasePages, letterWalk, orderWalk, paymentWalk } from './couchbase-walks.ts'

export type CouchbaseReport = Readonly<{
  /** Where the groups are that counted in each column. */
  applied: ReadonlyMap<keyof Counted, AsOf>
  /** Why filters and sorts are refused; undefined when they work. */
  searchProblem: string | undefined
}>

/** Reads what the store is at, and tries every search, without writing. @throws {OrdermillError} STORE_UNAVAILABLE, STORE_REFUSED */
export async function inspectCouchbaseStore(options: CouchbaseStoreOptions): Promise<CouchbaseReport> {
  const connection = couchbaseConnection(options)
  try {
    const keyspaces = openKeyspaces(connection, options)
    const generations = couchbaseGenerations(keyspaces, generationKeyspaces(keyspaces), ({ live }) => live)
    const { all } = couchbaseShards(generations, couchbaseWriter(options).modify, boundedWork())
    const applied = new Map<keyof Counted, AsOf>()
    for (const column of ['totals', 'tally', 'views'] as const) applied.set(column, asOfShards(await all(column)))
    return { applied, searchProblem: await trySearches(options, connection) }
  } finally {
    await connection.close()
  }
}

async function trySearches(
  options: CouchbaseStoreOptions,
  connection: ReturnType<typeof couchbaseConnection>,
): Promise<string | undefined> {
  const pageOf = couchbasePages(options, couchbaseQuery(connection), boundedWork())
  const orders = orderSorts.map((sort) => orderWalk({ sort, limit: 1, currency: 'USD' }))
  try {
    for (const walk of [...orders, paymentWalk('PAID'), letterWalk({}, 0)]) {
      await pageOf({ limit: 1 }, walk, () => Promise.resolve(undefined))
    }
    return undefined
  } catch (error) {
    if (error instanceof OrdermillError) return error.message
    throw error
  }
}
