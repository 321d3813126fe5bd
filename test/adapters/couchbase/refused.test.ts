import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { CouchbaseStoreOptions } from '../../../src/adapters/couchbase/couchbase-options.ts'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import { hasCode, type ErrorCode } from '../../../src/errors.ts'
import { openStorage } from '../../../src/compose/storage.ts'
import { readConfig } from '../../../src/config.ts'
import { tempDir } from '../../support/temp.ts'
import { shardKey } from '../../support/order-facts.ts'
import { storeOptions } from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { opcodes, startWireProxy } from '../../support/couchbase/wire-proxy.ts'

const secret = 'correct-horse-battery'
/** Of the server's protocol, as are the statuses below. */
const saslAuth = 0x21

describe('couchbase: what a server refuses', couchbaseSuiteOptions(), () => {
  const server = useMockServer()

  async function behindProxy(t: TestContext, over: Partial<CouchbaseStoreOptions> = {}) {
    const proxy = await startWireProxy(server())
    const store = openCouchbaseStore(storeOptions(proxy, { kvTimeoutMs: 500, password: secret, ...over }))
    t.after(async () => {
      await store.close()
      proxy.close()
    })
    return { proxy, store }
  }

  it('a wrong password is told without the password, and is asked again once it is right', async (t) => {
    const { proxy, store } = await behindProxy(t)
    const wrong = proxy.answer(0x20, { opcode: saslAuth, times: Infinity })
    await assert.rejects(store.totals(), refusal('STORE_REFUSED', /COUCHBASE_USERNAME, COUCHBASE_PASSWORD/))
    wrong.lift()
    assert.equal((await store.totals()).totals.overall.orderCount, 0)
  })

  it('collections that the server does not know are told with what to set', async (t) => {
    const { store } = await behindProxy(t, { collections: 'scoped' })
    await assert.rejects(store.totals(), refusal('STORE_REFUSED', /ORDERMILL_COUCHBASE_COLLECTIONS=none/))
  })

  it('too few nodes for the durability are told with what to set', async (t) => {
    const { proxy, store } = await behindProxy(t)
    proxy.answer(0xa1, { opcode: opcodes.add })
    await assert.rejects(store.claim(shardKey(), 'owner'), refusal('STORE_REFUSED', /ORDERMILL_COUCHBASE_DURABILITY/))
    await store.claim(shardKey(), 'owner')
  })

  it('a missing right is told with whose it is', async (t) => {
    const { proxy, store } = await behindProxy(t)
    proxy.answer(0x24, { opcode: opcodes.add, times: Infinity })
    const claiming = store.claim(shardKey({ partition: 7 }), 'owner')
    await assert.rejects(claiming, refusal('STORE_REFUSED', /its roles on the bucket/))
  })

  it('a wrong password ends the start', async (t) => {
    const proxy = await startWireProxy(server())
    t.after(proxy.close)
    proxy.answer(0x20, { opcode: saslAuth, times: Infinity })
    const config = readConfig({
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
      COUCHBASE_HOST: proxy.connectionString,
      COUCHBASE_PASSWORD: secret,
    })
    // The log is the embedded one: what is asked here is the store.
    const embedded = { ...config, kafka: undefined, dataDir: await tempDir(t) }
    const opening = openStorage(embedded, { logger: undefined, user: 'service' })
    await assert.rejects(opening, refusal('STORE_REFUSED', /COUCHBASE_PASSWORD/))
  })
})

function refusal(code: ErrorCode, message: RegExp) {
  return (error: unknown) => {
    assert.ok(hasCode(error, code), String(error))
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, new RegExp(secret))
    return true
  }
}
