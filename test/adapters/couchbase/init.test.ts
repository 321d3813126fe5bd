import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { initCouchbaseStore, initStatements } from '../../../src/adapters/couchbase/couchbase-init.ts'
import type { CouchbaseStoreOptions } from '../../../src/adapters/couchbase/couchbase-options.ts'
import { hasCode } from '../../../src/errors.ts'
import { storeOptions } from '../../support/couchbase/open-store.ts'
import { startQueryService, type QueryAnswer } from '../../support/couchbase/query-service.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { startWireProxy } from '../../support/couchbase/wire-proxy.ts'
import { runCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp.ts'

const somewhere = storeOptions({ bucket: 'a`b', connectionString: 'couchbase://nowhere' }, { collections: 'scoped' })
const onCluster = { KAFKA_BOOTSTRAP_SERVERS: 'broker:9092', COUCHBASE_HOST: 'nowhere' }

describe('the statements that make the store ready', () => {
  it('make scope and collections before the indexes, each only where it is missing', () => {
    const statements = initStatements(somewhere)
    assert.equal(statements[0], 'CREATE SCOPE `a``b`.`ordermill` IF NOT EXISTS')
    assert.ok(statements.includes('CREATE COLLECTION `a``b`.`ordermill`.`orders` IF NOT EXISTS'))
    const kinds = statements.map((statement) => /^CREATE (\w+) /.exec(statement)?.[1])
    assert.deepEqual([...new Set(kinds)], ['SCOPE', 'COLLECTION', 'INDEX'])
    for (const statement of statements) assert.match(statement, / IF NOT EXISTS( ON |$)/)
  })

  it('make indexes alone where there are no collections', () => {
    const statements = initStatements({ ...somewhere, collections: 'none', bucket: 'b' })
    for (const statement of statements) assert.match(statement, /^CREATE INDEX `ordermill_\w+` IF NOT EXISTS ON `b`\(/)
  })

  it('are printed by the command, which refuses a store that is a file', async (t) => {
    const dataDir = await tempDir(t)
    const dry = await runCli(['store', 'init', '--dry-run'], { dataDir, env: onCluster })
    assert.equal(dry.code, 0)
    const options = { ...somewhere, bucket: 'order_analytics' }
    assert.equal(dry.stdout, `${initStatements(options).join(';\n')};\n`)
    const file = await runCli(['store', 'init'], { dataDir })
    assert.deepEqual([file.code, /CONFIG_INVALID: .* set COUCHBASE_HOST/.test(file.stderr)], [2, true])
  })
})

describe('making the store ready', couchbaseSuiteOptions(), () => {
  const server = useMockServer()

  async function serve(t: TestContext, answer: (statement: string) => QueryAnswer) {
    const service = await startQueryService(({ statement }) => answer(statement))
    const proxy = await startWireProxy(server(), { query: { port: service.port } })
    t.after(async () => {
      proxy.close()
      await service.stop()
    })
    const init = (over: Partial<CouchbaseStoreOptions> = {}) =>
      initCouchbaseStore(storeOptions(proxy, { collections: 'scoped', sleep: () => Promise.resolve(), ...over }))
    const asked = () => service.requests().map(({ statement }) => statement)
    return { init, asked, options: storeOptions(proxy, { collections: 'scoped' }) }
  }

  it('runs what is printed, in that order', async (t) => {
    const { init, asked, options } = await serve(t, () => ({ rows: [] }))
    assert.deepEqual(await init(), { indexes: true })
    assert.deepEqual(asked(), initStatements(options))
  })

  it('waits for a collection that was made a moment ago', async (t) => {
    let failures = 3
    const { init, asked, options } = await serve(t, (statement) => {
      if (!statement.startsWith('CREATE INDEX') || failures === 0) return { rows: [] }
      failures -= 1
      return { errors: [{ code: 12_003, msg: 'Keyspace not found' }], httpStatus: 500 }
    })
    assert.deepEqual(await init(), { indexes: true })
    assert.equal(asked().length, initStatements(options).length + 3)
  })

  it('says that the bucket is not known, or that a right is missing', async (t) => {
    const unknown = await serve(t, () => ({ errors: [{ code: 12_003, msg: 'Keyspace not found' }], httpStatus: 500 }))
    await assert.rejects(unknown.init(), (error) => {
      return hasCode(error, 'STORE_REFUSED') && /can't find the bucket order_analytics/.test(error.message)
    })
    const errors = [{ code: 13_014, msg: 'User does not have credentials to run CREATE SCOPE' }]
    const forbidden = await serve(t, () => ({ errors, httpStatus: 401 }))
    await assert.rejects(forbidden.init(), (error) => hasCode(error, 'STORE_REFUSED') && /rights/.test(error.message))
  })

  it('makes no index where there is no query service, and says so', async (t) => {
    const proxy = await startWireProxy(server())
    t.after(proxy.close)
    assert.deepEqual(await initCouchbaseStore(storeOptions(proxy)), { indexes: false })
  })
})
