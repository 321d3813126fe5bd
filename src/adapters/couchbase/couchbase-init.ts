import { OrdermillError } from '../../errors.ts'
import {
  CollectionExistsError,
  ScopeExistsError,
  ScopeNotFoundError,
  ServiceNotAvailableError,
} from './couchbase-driver.ts'
import { couchbaseConnection, type Connection, type Opened } from './couchbase-connection.ts'
import { storeError } from './couchbase-errors.ts'
import { collectionNames, type CollectionName } from './couchbase-keyspaces.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import { isNotThereYet, oursAlone, path, pathOf, queryError } from './couchbase-query.ts'
import { amountKey, arrivalKey, idKey, letterKey, paymentKey } from './couchbase-walks.ts'

export type Initialised = Readonly<{
  /** Without a query service no index can be made: filters and sorts are refused then, all else works. */
  indexes: boolean
}>

/** A collection that has just been made reaches the query and index nodes a little later. */
const attemptsMax = 20
const pauseMs = 500
/** An index over a bucket that has orders takes its time; the statement ends when it is built. */
const buildTimeoutMs = 1_800_000

/** Every statement that makes what the store needs in its bucket. Each does nothing where its work is done. */
export function initStatements(options: CouchbaseStoreOptions): readonly string[] {
  return [...placeStatements(options), ...indexStatements(options)]
}

/**
 * Makes scope, collections and indexes; what is there stays. The bucket must be there.
 *
 * @throws {OrdermillError} STORE_REFUSED when a right is missing, STORE_UNAVAILABLE
 */
export async function initCouchbaseStore(options: CouchbaseStoreOptions): Promise<Initialised> {
  const connection = couchbaseConnection(options)
  try {
    return await initAt(connection, options)
  } finally {
    await connection.close()
  }
}

async function initAt({ open }: Connection, options: CouchbaseStoreOptions): Promise<Initialised> {
  const opened = await open()
  try {
    for (const statement of initStatements(options)) await run(opened, statement, options)
    return { indexes: true }
  } catch (error) {
    if (isNotThereYet(error)) throw unknownBucket(options, error)
    if (!(error instanceof ServiceNotAvailableError)) throw queryError(error)
  }
  if (options.collections === 'scoped') await makePlaces(opened, options)
  return { indexes: false }
}

function unknownBucket({ bucket }: CouchbaseStoreOptions, cause: unknown): OrdermillError {
  const text =
    `the query service can't find the bucket ${bucket}, or make an index in it (${String(cause)}): create the bucket, set ` +
    'COUCHBASE_BUCKET, or see whether a node runs the index service'
  return new OrdermillError('STORE_REFUSED', text, { cause })
}

function run({ cluster }: Opened, statement: string, options: CouchbaseStoreOptions): Promise<void> {
  return untilThere(options, async () => {
    await cluster.query(statement, { timeout: buildTimeoutMs })
  })
}

async function untilThere({ sleep }: CouchbaseStoreOptions, make: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await make()
    } catch (error) {
      if (attempt === attemptsMax || !isNotThereYet(error)) throw error
      await sleep(pauseMs)
    }
  }
}

/** The same by the management API, for a cluster whose nodes run no query service. */
async function makePlaces({ bucket }: Opened, options: CouchbaseStoreOptions): Promise<void> {
  const { scope } = options
  const manager = bucket().collections()
  await unlessThere(() => manager.createScope(scope))
  for (const name of collectionNames) {
    await untilThere(options, () => unlessThere(() => manager.createCollection(name, scope)))
  }
}

async function unlessThere(make: () => Promise<unknown>): Promise<void> {
  try {
    await make()
  } catch (error) {
    if (error instanceof ScopeExistsError || error instanceof CollectionExistsError) return
    throw error instanceof ScopeNotFoundError ? error : storeError(error, 'make a scope or a collection')
  }
}

function placeStatements({ bucket, scope, collections }: CouchbaseStoreOptions): readonly string[] {
  if (collections === 'none') return []
  return [
    `CREATE SCOPE ${path(bucket, scope)} IF NOT EXISTS`,
    ...collectionNames.map((name) => `CREATE COLLECTION ${path(bucket, scope, name)} IF NOT EXISTS`),
  ]
}

/** An index in the order of a walk; what the walk tests besides is in the index too, so that no document is read for it. */
type Index = Readonly<{
  name: string
  collection: CollectionName
  kind: string
  order: 'ASC' | 'DESC'
  key: readonly string[]
  covers: readonly string[]
}>

const orderMembers = ['country', 'status', 'currency', 'customerId', 'amountMinor', 'createdAtMs']

function ofOrders(name: string, order: 'ASC' | 'DESC', key: readonly string[]): Index {
  const covers = orderMembers.filter((member) => !key.includes(member))
  return { name: `orders_${name}`, collection: 'orders', kind: 'order', order, key, covers }
}

const indexes: readonly Index[] = [
  ofOrders('newest', 'DESC', arrivalKey),
  ofOrders('oldest', 'ASC', arrivalKey),
  ofOrders('of_customer', 'DESC', ['customerId', ...arrivalKey]),
  ofOrders('amount_desc', 'DESC', ['currency', ...amountKey]),
  ofOrders('amount_asc', 'ASC', ['currency', ...amountKey]),
  ofOrders('id_desc', 'DESC', idKey),
  ofOrders('id_asc', 'ASC', idKey),
  {
    name: 'payments_by_outcome',
    collection: 'payments',
    kind: 'payment',
    order: 'DESC',
    key: ['status', ...paymentKey],
    covers: [],
  },
  {
    name: 'dead_letters_newest',
    collection: 'dead_letters',
    kind: 'letter',
    order: 'DESC',
    key: letterKey,
    covers: ['group', 'code'],
  },
]

function indexStatements(options: CouchbaseStoreOptions): readonly string[] {
  return indexes.map((index) => {
    const { name, collection, order, key, covers } = index
    const members = [...key.map((member) => `\`${member}\` ${order}`), ...covers.map((member) => `\`${member}\``)]
    const place = `${pathOf(options, collection)}(${members.join(', ')})`
    const which = oursAlone(options, index).join(' AND ')
    return `CREATE INDEX ${path(`${options.scope}_${name}`)} IF NOT EXISTS ON ${place} WHERE ${which}`
  })
}
