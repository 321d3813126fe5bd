import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { readConfig } from '../../src/config.ts'
import { sealedAgain, unsealed } from '../../src/engine/engine-thread.ts'
import { hasCode } from '../../src/errors.ts'
import { makeCertificates, type Certificates } from '../support/kafka/certificates.ts'
import { missingForKafka } from '../support/kafka/jars.ts'

type Variables = Readonly<Record<string, string>>

const onKafka: Variables = { KAFKA_BOOTSTRAP_SERVERS: 'broker-1:9092,10.0.0.2:9093', ORDERMILL_STORE: 'sqlite' }
const secret = 'correct-horse-battery'
const confluent: Variables = { CONFLUENT_API_KEY: 'key-id', CONFLUENT_API_SECRET: secret }
const login: Variables = { ORDERMILL_KAFKA_USERNAME: 'anna', ORDERMILL_KAFKA_PASSWORD: secret }
const scram: Variables = { ...login, ORDERMILL_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512' }

const refused: readonly (readonly [string, Variables, RegExp])[] = [
  [
    'a broker without a port',
    { KAFKA_BOOTSTRAP_SERVERS: 'broker' },
    /KAFKA_BOOTSTRAP_SERVERS is "broker", but must be/,
  ],
  ['a broker with a scheme', { KAFKA_BOOTSTRAP_SERVERS: 'SASL_SSL://b:9092' }, /KAFKA_BOOTSTRAP_SERVERS is "SASL_SSL/],
  ['a port that is none', { KAFKA_BOOTSTRAP_SERVERS: 'b:9092,c:0' }, /KAFKA_BOOTSTRAP_SERVERS is "b:9092,c:0"/],
  ['a list of nothing', { KAFKA_BOOTSTRAP_SERVERS: ',' }, /KAFKA_BOOTSTRAP_SERVERS is ","/],
  [
    'a broker without a store',
    { ORDERMILL_STORE: '' },
    /no store that several hosts can share.*ORDERMILL_STORE=sqlite/,
  ],
  ['another store', { ORDERMILL_STORE: 'postgres' }, /ORDERMILL_STORE is "postgres", but must be one of sqlite/],
  [
    'half of Confluent’s login',
    { CONFLUENT_API_SECRET: secret },
    /CONFLUENT_API_SECRET is set without CONFLUENT_API_KEY/,
  ],
  ['a user without a password', { ...scram, ORDERMILL_KAFKA_PASSWORD: '' }, /USERNAME is set without .*PASSWORD/],
  ['a password without a user', { ...scram, ORDERMILL_KAFKA_USERNAME: '' }, /PASSWORD is set without .*USERNAME/],
  ['a user without a mechanism', login, /USERNAME is set without ORDERMILL_KAFKA_SASL_MECHANISM/],
  ['a mechanism without a user', { ORDERMILL_KAFKA_SASL_MECHANISM: 'PLAIN' }, /MECHANISM is set, but nobody/],
  ['a mechanism for Confluent', { ...confluent, ORDERMILL_KAFKA_SASL_MECHANISM: 'PLAIN' }, /API_KEY means PLAIN/],
  ['an unknown mechanism', { ...scram, ORDERMILL_KAFKA_SASL_MECHANISM: 'GSSAPI' }, /must be one of PLAIN, SCRAM/],
  ['both logins', { ...confluent, ...scram }, /CONFLUENT_API_KEY and ORDERMILL_KAFKA_USERNAME are both set/],
  ['a readable password', { ...login, ORDERMILL_KAFKA_SASL_MECHANISM: 'PLAIN' }, /sends the password readable: set/],
  [
    'Confluent without TLS',
    { ...confluent, ORDERMILL_KAFKA_TLS: 'off' },
    /TLS is off, but CONFLUENT_API_KEY needs TLS/,
  ],
  ['a CA without TLS', { ORDERMILL_KAFKA_CA_FILE: 'ca.pem', ORDERMILL_KAFKA_TLS: 'off' }, /CA_FILE needs TLS/],
  ['half of TLS', { ORDERMILL_KAFKA_TLS: 'maybe' }, /ORDERMILL_KAFKA_TLS is "maybe", but must be one of on, off/],
  ['a certificate without a key', { ORDERMILL_KAFKA_CERT_FILE: 'c.pem' }, /CERT_FILE is set without .*KEY_FILE/],
  ['a key without a certificate', { ORDERMILL_KAFKA_KEY_FILE: 'k.pem' }, /KEY_FILE is set without .*CERT_FILE/],
  ['a CA that is not there', { ORDERMILL_KAFKA_CA_FILE: '/nowhere/ca.pem' }, /CA_FILE is "\/nowhere\/ca.pem".*ENOENT/],
  ['no replica at all', { ORDERMILL_KAFKA_REPLICATION: '0' }, /ORDERMILL_KAFKA_REPLICATION is "0", but must be -1, or/],
  ['a promise between the two', { ORDERMILL_DELIVERY: 'at-most-once' }, /ORDERMILL_DELIVERY is "at-most-once"/],
  ['a login without a broker', { ...confluent, KAFKA_BOOTSTRAP_SERVERS: '' }, /API_KEY is set without KAFKA_BOOTSTRAP/],
  [
    'TLS without a broker',
    { ORDERMILL_KAFKA_TLS: 'on', KAFKA_BOOTSTRAP_SERVERS: '' },
    /TLS is set without KAFKA_BOOTS/,
  ],
]

function kafkaOf(variables: Variables) {
  const { kafka } = readConfig({ ...onKafka, ...variables })
  assert.ok(kafka)
  return kafka
}

function refuses(variables: Variables, message: RegExp): void {
  assert.throws(
    () => readConfig({ ...onKafka, ...variables }),
    (error) => {
      assert.ok(hasCode(error, 'CONFIG_INVALID'))
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, new RegExp(secret))
      return true
    },
  )
}

describe('the configuration of Kafka', () => {
  for (const [what, variables, message] of refused) {
    it(`refuses ${what}, naming the variable and no secret`, () => refuses(variables, message))
  }

  it('takes brokers, and makes more partitions there', () => {
    const config = readConfig(onKafka)
    assert.deepEqual(config.kafka?.bootstrap, ['broker-1:9092', '10.0.0.2:9093'])
    assert.deepEqual([config.partitions, readConfig({}).partitions], [6, 1])
    assert.equal(readConfig({ ...onKafka, ORDERMILL_PARTITIONS: '2' }).partitions, 2)
    assert.deepEqual(kafkaOf({}).access.reveal(), {})
    assert.deepEqual(kafkaOf({ KAFKA_BOOTSTRAP_SERVERS: '[::1]:9092, b:9092' }).bootstrap, ['[::1]:9092', 'b:9092'])
  })

  it('is embedded without brokers, whatever the store’s name', () => {
    assert.equal(readConfig({ ORDERMILL_STORE: 'sqlite' }).kafka, undefined)
  })

  it('speaks SASL PLAIN over TLS with Confluent’s pair, and SCRAM as it is told', () => {
    const sasl = { mechanism: 'PLAIN', username: 'key-id', password: secret }
    assert.deepEqual(kafkaOf(confluent).access.reveal(), { tls: {}, sasl })
    const own = { mechanism: 'SCRAM-SHA-512', username: 'anna', password: secret }
    assert.deepEqual(kafkaOf(scram).access.reveal(), { sasl: own })
    assert.deepEqual(kafkaOf({ ...scram, ORDERMILL_KAFKA_TLS: 'on' }).access.reveal(), { tls: {}, sasl: own })
  })

  it('shows no secret however it is dumped, and has it again in another thread', () => {
    const config = readConfig({ ...onKafka, ...confluent })
    for (const dump of [JSON.stringify(config), inspect(config, { depth: 9 }), String(config.kafka?.access)]) {
      assert.doesNotMatch(dump, new RegExp(secret))
    }
    const data = { config, loggerOptions: { level: 'silent', pretty: false }, services: true, demo: undefined } as const
    const copied = sealedAgain(structuredClone(unsealed(data)))
    assert.equal(copied.config.kafka?.access.reveal().sasl?.password, secret)
    assert.doesNotMatch(JSON.stringify(copied), new RegExp(secret))
  })
})

describe('certificates of Kafka', { skip: missingForKafka() ?? false }, () => {
  let directory = ''
  let files: Certificates
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ordermill-'))
    files = await makeCertificates(directory)
  })
  after(() => rm(directory, { recursive: true, force: true }))

  it('are read, and switch TLS on', async () => {
    const { access } = kafkaOf({
      ORDERMILL_KAFKA_CA_FILE: files.ca.certificate,
      ORDERMILL_KAFKA_CERT_FILE: files.client.certificate,
      ORDERMILL_KAFKA_KEY_FILE: files.client.key,
    })
    const [ca, cert, key] = await Promise.all(
      [files.ca.certificate, files.client.certificate, files.client.key].map((file) => readFile(file, 'utf8')),
    )
    assert.deepEqual(access.reveal(), { tls: { ca, cert, key } })
  })

  it('are refused when a file holds something else, or another key', async () => {
    const { certificate: cert, key } = files.client
    refuses({ ORDERMILL_KAFKA_CA_FILE: files.ca.key }, /CA_FILE .* holds no certificate/)
    const pair = { ORDERMILL_KAFKA_CERT_FILE: cert, ORDERMILL_KAFKA_KEY_FILE: files.server.key }
    refuses(pair, /KEY_FILE .* is not the key of the certificate/)
    refuses({ ...pair, ORDERMILL_KAFKA_KEY_FILE: cert }, /KEY_FILE .* holds no unencrypted private key/)
    const damaged = join(directory, 'damaged.pem')
    await writeFile(damaged, (await readFile(cert, 'utf8')).replace(/[A-Z]{3}/g, 'AAA'))
    refuses({ ORDERMILL_KAFKA_CA_FILE: damaged }, /CA_FILE .* holds no certificate/)
    refuses({ ORDERMILL_KAFKA_CA_FILE: directory }, /CA_FILE .* can't be read \(EISDIR\)/)
    refuses({ ...pair, ORDERMILL_KAFKA_KEY_FILE: key.replace('.key', '.no-key') }, /KEY_FILE .*ENOENT/)
  })
})
