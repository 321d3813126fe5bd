import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { startSecureBroker, type SecureBroker, type User } from '../../support/kafka/secure-broker.ts'
import type { KeyPair } from '../../support/kafka/certificates.ts'
import { kafkaSuiteOptions } from '../../support/kafka/suite.ts'
import { untilCoordinated } from '../../support/kafka/until-coordinated.ts'
import type { CliResult } from '../../support/run-cli.ts'
import { uniqueName } from '../../support/log-harness.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { site, type Environment, type Site } from './ordermill.ts'

const failTimeMsMax = 20_000

type Access = Readonly<{ bootstrap: string; env?: Environment }>

describe('ordermill on a secured broker', kafkaSuiteOptions({ ownBroker: true }), () => {
  let secure: SecureBroker
  before(async () => {
    if (kafkaSuiteOptions({ ownBroker: true }).skip !== false) return
    secure = await startSecureBroker()
    await untilCoordinated(secure.broker.bootstrap)
  })
  after(() => secure?.stop())

  const ca = (): Environment => ({ ORDERMILL_KAFKA_CA_FILE: secure.certificates.ca.certificate })
  const confluent = ({ name, password }: User): Environment => ({
    CONFLUENT_API_KEY: name,
    CONFLUENT_API_SECRET: password,
    ...ca(),
  })
  const login = ({ name, password }: User, mechanism = 'SCRAM-SHA-512'): Environment => ({
    ORDERMILL_KAFKA_SASL_MECHANISM: mechanism,
    ORDERMILL_KAFKA_USERNAME: name,
    ORDERMILL_KAFKA_PASSWORD: password,
    ORDERMILL_KAFKA_TLS: 'on',
    ...ca(),
  })
  const showing = ({ certificate, key }: KeyPair): Environment => ({
    ORDERMILL_KAFKA_CERT_FILE: certificate,
    ORDERMILL_KAFKA_KEY_FILE: key,
    ...ca(),
  })
  const siteOf = async (t: TestContext, { bootstrap, env = {} }: Access): Promise<Site> =>
    site(t, { bootstrap, dataDir: await tempDir(t), env: { LOG_LEVEL: 'trace', ...env } })

  const secrets = (): readonly string[] =>
    [secure.user, secure.powerlessUser].flatMap(({ name, password }) => [
      password,
      Buffer.from(password).toString('base64'),
      Buffer.from(password).toString('hex'),
      Buffer.from(`\0${name}\0${password}`).toString('base64'),
    ])
  const refuseSecrets = (...texts: readonly string[]): void => {
    const found = secrets().some((secret) => texts.some((text) => text.includes(secret)))
    assert.ok(!found, `a secret was printed:\n${texts.join('\n')}`)
  }

  /** The same for every way in: topics are there, and orders go in. */
  async function checkFlow(t: TestContext, { bootstrap, env }: Access): Promise<void> {
    // A topic of its own: ids are given only once all orders of the topic are counted, and nobody counts here.
    const { run } = await siteOf(t, { bootstrap, env: { ...env, TOPIC_NAME: uniqueName('orders') } })
    const created = await run(['topics', 'create'])
    const produced = await run(['produce', '--count', '3'], { SLEEP_SECONDS: '0' })
    assert.match(produced.stdout, /^(order=\d+ topic=orders-\w+ partition=\d offset=\d+\n){3}$/, produced.stderr)
    for (const { code, stdout, stderr } of [created, produced]) {
      assert.equal(code, 0, stderr)
      refuseSecrets(stdout, stderr)
    }
  }

  const ways: Readonly<Record<string, () => Access>> = {
    'CONFLUENT_API_KEY and its secret': () => ({ bootstrap: secure.sasl, env: confluent(secure.user) }),
    'SASL PLAIN': () => ({ bootstrap: secure.sasl, env: login(secure.user, 'PLAIN') }),
    'SCRAM-SHA-256': () => ({ bootstrap: secure.sasl, env: login(secure.user, 'SCRAM-SHA-256') }),
    'SCRAM-SHA-512': () => ({ bootstrap: secure.sasl, env: login(secure.user, 'SCRAM-SHA-512') }),
    'a certificate of its own': () => ({ bootstrap: secure.mutualTls, env: showing(secure.certificates.client) }),
  }
  for (const [name, access] of Object.entries(ways)) {
    it(`creates topics and produces by ${name}`, (t) => checkFlow(t, access()))
  }

  type Refusal = Readonly<{ access: () => Access | Promise<Access>; code: string; says: RegExp }>
  const wrong = ({ name }: User): User => ({ name, password: 'not-the-password' })
  const refusals: Readonly<Record<string, Refusal>> = {
    // The two that are tried again for 10 s, so that the others come meanwhile.
    'TLS to a plaintext port': {
      access: () => ({ bootstrap: secure.broker.bootstrap, env: { ORDERMILL_KAFKA_TLS: 'on', ...ca() } }),
      code: 'LOG_UNAVAILABLE',
      says: /ORDERMILL_KAFKA_TLS/,
    },
    'a name that is not there': {
      access: () => ({ bootstrap: 'broker.invalid:9092' }),
      code: 'LOG_UNAVAILABLE',
      says: /broker\.invalid:9092.*KAFKA_BOOTSTRAP_SERVERS/,
    },
    'a wrong password (PLAIN)': {
      access: () => ({ bootstrap: secure.sasl, env: confluent(wrong(secure.user)) }),
      code: 'LOG_REFUSED',
      says: /user name or password is wrong.* 127\.0\.0\.1:\d+: KAFKA_BOOTSTRAP_SERVERS, CONFLUENT_API_KEY /,
    },
    'a wrong password (SCRAM)': {
      access: () => ({ bootstrap: secure.sasl, env: login(wrong(secure.user)) }),
      code: 'LOG_REFUSED',
      says: /user name or password is wrong/,
    },
    'an unknown user': {
      access: () => ({ bootstrap: secure.sasl, env: login({ ...secure.user, name: 'nobody' }) }),
      code: 'LOG_REFUSED',
      says: /user name or password is wrong/,
    },
    'a broker of no CA that is known here': {
      access: () => ({ bootstrap: secure.sasl, env: { ...login(secure.user), ORDERMILL_KAFKA_CA_FILE: '' } }),
      code: 'LOG_REFUSED',
      says: /can not be trusted .* ORDERMILL_KAFKA_CA_FILE/,
    },
    'a broker of another CA': {
      access: () => ({
        bootstrap: secure.sasl,
        env: { ...login(secure.user), ORDERMILL_KAFKA_CA_FILE: secure.certificates.foreignCa.certificate },
      }),
      code: 'LOG_REFUSED',
      says: /can not be trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/,
    },
    'a broker with the certificate of another host': {
      access: () => ({ bootstrap: secure.wrongHost, env: login(secure.user) }),
      code: 'LOG_REFUSED',
      says: /can not be trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
    },
    'a client certificate of another CA': {
      access: () => ({ bootstrap: secure.mutualTls, env: showing(secure.certificates.foreignClient) }),
      code: 'LOG_REFUSED',
      says: /certificate/i,
    },
    'no client certificate where one is asked for': {
      access: () => ({ bootstrap: secure.mutualTls, env: ca() }),
      code: 'LOG_REFUSED',
      says: /certificate/i,
    },
    'plaintext to a TLS port': {
      access: () => ({ bootstrap: secure.sasl }),
      code: 'LOG_REFUSED',
      says: /it wants TLS/,
    },
    'a login to a listener without one': {
      access: () => ({
        bootstrap: secure.broker.bootstrap,
        env: { ...login(secure.user), ORDERMILL_KAFKA_TLS: 'off', ORDERMILL_KAFKA_CA_FILE: '' },
      }),
      code: 'LOG_REFUSED',
      says: /login|SASL/i,
    },
    'a user without any right': {
      access: () => ({ bootstrap: secure.sasl, env: login(secure.powerlessUser) }),
      code: 'LOG_REFUSED',
      says: /the right to a topic is missing|topics are missing, or this login may not see them/,
    },
  }
  describe('ends with one line', { concurrency: 3 }, () => {
    for (const [name, { access, code, says }] of Object.entries(refusals)) {
      it(`for ${name}`, async (t) => {
        const { run } = await siteOf(t, await access())
        const startedMs = performance.now()
        const result = await run(['topics', 'create'])
        assert.ok(performance.now() - startedMs < failTimeMsMax)
        checkRefusal(result, code, says)
      })
    }
  })

  it('ends with the same line whatever is started', async (t) => {
    const { run } = await siteOf(t, { bootstrap: secure.sasl, env: login(wrong(secure.user)) })
    const results = await Promise.all([['start'], ['run', 'fraud'], ['run', 'api']].map((args) => run(args)))
    for (const result of results) checkRefusal(result, 'LOG_REFUSED', /user name or password is wrong/)
  })

  it('is told by the doctor what is wrong', async (t) => {
    const doctor = async (user: User) => (await siteOf(t, { bootstrap: secure.sasl, env: login(user) })).run(['doctor'])
    const refused = await doctor(wrong(secure.user))
    assert.equal(refused.code, 1)
    assert.match(refused.stdout, /^fail +broker +.*refuses/m)
    const good = await doctor(secure.user)
    assert.match(good.stdout, /^ok +broker +.*\(TLS, SASL SCRAM-SHA-512\) answers/m)
    refuseSecrets(refused.stdout, good.stdout)
    assert.doesNotMatch(refused.stdout, /not-the-password/)
  })

  it('tells no secret while it works, whatever the log level', async (t) => {
    const env = { ...confluent(secure.user), TOPIC_NAME: uniqueName('orders'), SLEEP_SECONDS: '0' }
    const here = await siteOf(t, { bootstrap: secure.sasl, env })
    const server = await here.server(['start'])
    const produced = await here.run(['produce', '--count', '3'])
    await waitFor('they are paid', async () => (await server.totals()).payments.paid === 3)
    const told = await Promise.all(
      ['api/v1/system', 'readyz', 'metrics'].map(async (path) => (await fetch(`${server.url}/${path}`)).text()),
    )
    const doctor = await here.run(['doctor', '--json'])
    const topics = await here.run(['topics'])
    assert.match(topics.stdout, new RegExp(`^${env.TOPIC_NAME} +\\d+ +[1-9]`, 'm'))
    const { code, stdout, stderr } = await server.end('SIGTERM')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /"level":"(debug|trace|info)"/)
    refuseSecrets(stdout, stderr, produced.stdout, produced.stderr, doctor.stdout, topics.stdout, ...told)
  })

  function checkRefusal({ code, stdout, stderr }: CliResult, expected: string, says: RegExp): void {
    assert.match(stderr, new RegExp(`^ordermill: ${expected}: [^\\n]+\\n$`))
    assert.match(stderr, says)
    assert.equal(code, expected === 'LOG_REFUSED' ? 2 : 1)
    assert.equal(stdout, '')
    refuseSecrets(stderr)
    assert.doesNotMatch(stderr, /not-the-password/)
  }
})
