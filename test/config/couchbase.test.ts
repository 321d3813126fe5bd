import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { writeFile } from 'node:fs/promises'
import { couchbaseOptions } from '../../src/compose/couchbase.ts'
import { readConfig } from '../../src/config.ts'
import { sealedAgain, unsealed } from '../../src/engine/engine-thread.ts'
import { hasCode } from '../../src/errors.ts'
import { tempDir } from '../support/temp.ts'

type Variables = Readonly<Record<string, string>>

const onBoth: Variables = { KAFKA_BOOTSTRAP_SERVERS: 'broker:9092', COUCHBASE_HOST: 'cluster' }
const secret = 'correct-horse-battery'

const refused: readonly (readonly [string, Variables, RegExp])[] = [
  ['a cluster without a broker', { KAFKA_BOOTSTRAP_SERVERS: '' }, /COUCHBASE_HOST is set without KAFKA_BOOTSTRAP/],
  ['a broker without a cluster', { COUCHBASE_HOST: '' }, /no store that several hosts can share: set COUCHBASE_HOST/],
  ['two stores', { ORDERMILL_STORE: 'sqlite' }, /COUCHBASE_HOST and ORDERMILL_STORE=sqlite are both set: keep one/],
  ['another scheme', { COUCHBASE_HOST: 'http://cluster' }, /COUCHBASE_HOST is "http:\/\/cluster", but must be a host/],
  ['a login in the address', { COUCHBASE_HOST: `couchbase://anna:${secret}@c` }, /HOST holds a login before an @: set/],
  ['a scheme without a host', { COUCHBASE_HOST: 'couchbase://' }, /COUCHBASE_HOST is "couchbase:\/\/"/],
  ['a host with a path', { COUCHBASE_HOST: 'cluster/bucket' }, /COUCHBASE_HOST is "cluster\/bucket"/],
  [
    'a user of no cluster',
    { COUCHBASE_HOST: '', ORDERMILL_STORE: 'sqlite', COUCHBASE_USERNAME: 'anna' },
    /USERNAME is/,
  ],
  [
    'a password of no cluster',
    { COUCHBASE_HOST: '', ORDERMILL_STORE: 'sqlite', COUCHBASE_PASSWORD: secret },
    /COUCHBASE_PASSWORD is set without COUCHBASE_HOST/,
  ],
  ['a scope of the server’s own', { ORDERMILL_COUCHBASE_SCOPE: '_system' }, /SCOPE is "_system"/],
  ['a scope that ends the key', { ORDERMILL_COUCHBASE_SCOPE: 'a:b' }, /SCOPE is "a:b"/],
  [
    'half of durability',
    { ORDERMILL_COUCHBASE_DURABILITY: 'most' },
    /DURABILITY is "most", but must be one of none, m/,
  ],
  ['half of collections', { ORDERMILL_COUCHBASE_COLLECTIONS: 'some' }, /must be one of scoped, none/],
  [
    'batches beyond a document',
    { ORDERMILL_BATCH_RECORDS_MAX: '10001' },
    /BATCH_RECORDS_MAX is 10001, .* 10000 at most/,
  ],
  ['a CA without TLS', { ORDERMILL_COUCHBASE_CA_FILE: 'ca.pem' }, /CA_FILE is set, but COUCHBASE_HOST does not speak/],
  [
    'a CA that is not there',
    { COUCHBASE_HOST: 'couchbases://c', ORDERMILL_COUCHBASE_CA_FILE: '/nowhere/ca.pem' },
    /CA_FILE is "\/nowhere\/ca.pem".*ENOENT/,
  ],
]

function couchbaseOf(variables: Variables) {
  const { couchbase } = readConfig({ ...onBoth, ...variables })
  assert.ok(couchbase)
  return couchbase
}

describe('the configuration of Couchbase', () => {
  for (const [what, variables, message] of refused) {
    it(`refuses ${what}, naming the variable and no secret`, () => {
      assert.throws(
        () => readConfig({ ...onBoth, ...variables }),
        (error) => {
          assert.ok(hasCode(error, 'CONFIG_INVALID'))
          assert.match(error.message, message)
          assert.doesNotMatch(error.message, new RegExp(secret))
          return true
        },
      )
    })
  }

  it('speaks TLS to Capella, plainly to other hosts, and takes a whole connection string as it is', () => {
    const strings = [
      ['cb.abc.cloud.couchbase.com', 'couchbases://cb.abc.cloud.couchbase.com'],
      ['10.0.0.1', 'couchbase://10.0.0.1'],
      ['one:11210,two:11210', 'couchbase://one:11210,two:11210'],
      ['couchbases://own?network=external', 'couchbases://own?network=external'],
    ] as const
    for (const [host, expected] of strings) {
      assert.equal(couchbaseOf({ COUCHBASE_HOST: host }).connectionString, expected)
    }
  })

  it('takes the contract’s names and defaults', () => {
    const config = readConfig(onBoth)
    const { username, password } = couchbaseOf({})
    assert.deepEqual([config.bucket, username, password.reveal()], ['order_analytics', 'Administrator', 'password'])
    const given = { COUCHBASE_BUCKET: 'b', COUCHBASE_USERNAME: 'u', COUCHBASE_PASSWORD: 'p' }
    const other = readConfig({ ...onBoth, ...given })
    assert.deepEqual([other.bucket, other.couchbase?.username, other.couchbase?.password.reveal()], ['b', 'u', 'p'])
  })

  it('waits longer for an answer in a service than for a page', () => {
    const options = (user: 'service' | 'reader', variables: Variables = {}) => {
      const config = readConfig({ ...onBoth, ...variables })
      assert.ok(config.couchbase)
      return couchbaseOptions({ ...config, couchbase: config.couchbase }, user).kvTimeoutMs
    }
    assert.deepEqual([options('service'), options('reader')], [10_000, 5_000])
    assert.equal(options('reader', { ORDERMILL_COUCHBASE_KV_TIMEOUT_MS: '900' }), 900)
  })

  it('looks for live snapshots less often', () => {
    assert.deepEqual([readConfig({}).streamTickMs, readConfig(onBoth).streamTickMs], [25, 250])
    assert.equal(readConfig({ ...onBoth, ORDERMILL_STREAM_TICK_MS: '50' }).streamTickMs, 50)
  })

  it('does without a store for what is decided by the log alone', () => {
    const { kafka, couchbase } = readConfig({ KAFKA_BOOTSTRAP_SERVERS: 'b:9092' }, { isHalf: true })
    assert.deepEqual([kafka?.bootstrap, couchbase], [['b:9092'], undefined])
  })

  it('refuses a file of authorities that holds no certificate', async (t) => {
    const file = join(await tempDir(t), 'ca.pem')
    await writeFile(file, 'nothing')
    const variables = { COUCHBASE_HOST: 'couchbases://c', ORDERMILL_COUCHBASE_CA_FILE: file }
    assert.throws(() => readConfig({ ...onBoth, ...variables }), /holds no certificate/)
  })

  it('shows no secret however it is dumped, and has it again in another thread', () => {
    const config = readConfig({ ...onBoth, COUCHBASE_PASSWORD: secret })
    for (const dump of [JSON.stringify(config), inspect(config, { depth: 9 })]) {
      assert.doesNotMatch(dump, new RegExp(secret))
    }
    const data = { config, loggerOptions: { level: 'silent', pretty: false }, services: true, demo: undefined } as const
    const copied = sealedAgain(structuredClone(unsealed(data)))
    assert.equal(copied.config.couchbase?.password.reveal(), secret)
    assert.doesNotMatch(JSON.stringify(copied), new RegExp(secret))
  })
})
