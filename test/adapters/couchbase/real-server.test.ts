import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { couchbaseConnection } from '../../../src/adapters/couchbase/couchbase-connection.ts'
import { initCouchbaseStore, initStatements } from '../../../src/adapters/couchbase/couchbase-init.ts'
import type { CouchbaseStoreOptions } from '../../../src/adapters/couchbase/couchbase-options.ts'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import { describeOrderStoreContract } from '../../contract/order-store.contract.ts'
import type { StoreOpeners } from '../../contract/order-store/open-store.ts'
import { storeOptions } from '../../support/couchbase/open-store.ts'

const {
  ORDERMILL_TEST_COUCHBASE: connectionString,
  ORDERMILL_TEST_COUCHBASE_USERNAME: username = 'Administrator',
  ORDERMILL_TEST_COUCHBASE_PASSWORD: password = 'password',
  ORDERMILL_TEST_COUCHBASE_BUCKET: bucket = 'order_analytics',
} = process.env

const why =
  'not here: set ORDERMILL_TEST_COUCHBASE=couchbase://host (and _USERNAME, _PASSWORD, _BUCKET when they are not Administrator, ' +
  'password and order_analytics) to run this on a server of yours; the bucket is written to, so give it one for tests'

/** What only a real server can show: collections, durability, the plans and answers of its queries. */
describe('couchbase on a real server', () => {
  if (connectionString === undefined) return void it('keeps what every store promises', { skip: why })
  const at = { connectionString, bucket }
  describeOrderStoreContract('scoped', openers(at, makePlaces), { search: openers(at, initCouchbaseStore) })
})

/** Each set of data has a scope of its own, which is dropped after the test; orders in the default collection stay. */
function openers(
  at: Readonly<{ connectionString: string; bucket: string }>,
  init: (options: CouchbaseStoreOptions) => Promise<unknown>,
): StoreOpeners {
  return async (t) => {
    const scope = `test-${randomUUID()}`
    const options = storeOptions(at, { username, password, scope, collections: 'scoped', durability: 'majority' })
    t.after(() => dropScope(options))
    await init(options)
    return () => Promise.resolve(openCouchbaseStore(options))
  }
}

/** Without the indexes, which most tests don't need, and which take a server some seconds. */
async function makePlaces(options: CouchbaseStoreOptions): Promise<void> {
  const connection = couchbaseConnection(options)
  try {
    const { cluster } = await connection.open()
    const places = initStatements(options).filter((statement) => !statement.startsWith('CREATE INDEX'))
    for (const statement of places) await cluster.query(statement)
  } finally {
    await connection.close()
  }
}

async function dropScope(options: CouchbaseStoreOptions): Promise<void> {
  const connection = couchbaseConnection(options)
  try {
    const { bucket: opened } = await connection.open()
    await opened().collections().dropScope(options.scope)
  } finally {
    await connection.close()
  }
}
