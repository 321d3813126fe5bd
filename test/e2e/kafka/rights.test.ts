import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { AclOperations, AclPermissionTypes, Admin, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka'
import { startSecureBroker, type SecureBroker } from '../../support/kafka/secure-broker.ts'
import { kafkaSuiteOptions } from '../../support/kafka/suite.ts'
import { untilCoordinated } from '../../support/kafka/until-coordinated.ts'
import { uniqueName } from '../../support/log-harness.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { site, type Environment } from './ordermill.ts'

type Right = readonly [kind: keyof typeof ResourceTypes, name: string, operation: keyof typeof AclOperations]

const reading: readonly Right[] = [
  ['TOPIC', '*', 'READ'],
  ['TOPIC', '*', 'DESCRIBE_CONFIGS'],
]
const writing: Right = ['TOPIC', '*', 'WRITE']
const joining: Right = ['GROUP', '*', 'READ']
const committing: Right = ['TRANSACTIONAL_ID', '*', 'WRITE']
const every: readonly Right[] = [...reading, writing, joining, committing]

describe('a login that lacks a right', kafkaSuiteOptions({ ownBroker: true }), () => {
  let secure: SecureBroker
  before(async () => {
    if (kafkaSuiteOptions({ ownBroker: true }).skip !== false) return
    secure = await startSecureBroker()
    await untilCoordinated(secure.broker.bootstrap)
  })
  after(() => secure?.stop())

  const asPowerless = (): Environment => ({
    KAFKA_BOOTSTRAP_SERVERS: secure.sasl,
    ORDERMILL_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    ORDERMILL_KAFKA_USERNAME: secure.powerlessUser.name,
    ORDERMILL_KAFKA_PASSWORD: secure.powerlessUser.password,
    ORDERMILL_KAFKA_CA_FILE: secure.certificates.ca.certificate,
  })

  it('is told at the start which topics it can not create', async (t) => {
    await setRights(secure, every)
    const here = site(t, { bootstrap: secure.sasl, dataDir: await tempDir(t), env: asPowerless() })
    for (const args of [
      ['topics', 'create'],
      ['run', 'fraud'],
    ]) {
      const { code, stdout, stderr } = await here.run(args, { TOPIC_NAME: 'forbidden' })
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /^ordermill: LOG_REFUSED: topics are missing[^\n]*: forbidden \(6\), [^\n]+\n$/)
    }
  })

  const lacking: Readonly<Record<string, readonly [missing: Right, reason: string]>> = {
    'to write to a topic': [writing, 'the right to a topic is missing'],
    'to join a group': [joining, 'the right to a consumer group is missing'],
    'to transactional ids': [committing, 'the right to transactional ids is missing'],
  }
  for (const [what, [missing, reason]] of Object.entries(lacking)) {
    it(`${what}: readyz and the log say so, and it goes on by itself once it has it`, async (t) => {
      const env = await withOrders(t)
      await setRights(
        secure,
        every.filter((right) => right !== missing),
      )
      const here = site(t, { bootstrap: secure.sasl, dataDir: await tempDir(t), env: { ...env, ...asPowerless() } })
      const service = await here.begun('payment')
      const told = new RegExp(`("level":"warn",[^\\n]*"code":"LOG_REFUSED","reason":"[^"\\n]*${reason})`)
      await service.printed(told)
      const answer = await fetch(`${service.url}/readyz`)
      assert.equal(answer.status, 503)
      const { checks } = (await answer.json()) as { checks: { name: string; detail: string }[] }
      const detail = checks.find(({ name }) => name === 'payment')?.detail ?? ''
      assert.ok(detail.startsWith('paused: ') && detail.includes(reason), detail)
      await setRights(secure, every)
      const api = await here.server(['run', 'api'])
      await waitFor('all is paid', async () => (await api.totals()).payments.paid === 5)
      const { code, stdout, stderr } = await service.end('SIGTERM')
      assert.equal(code, 0, stderr)
      assert.ok(!`${stdout}${stderr}`.includes(secure.powerlessUser.password))
    })
  }

  /** Five orders in a topic of their own. */
  async function withOrders(t: TestContext): Promise<Environment> {
    const env = { TOPIC_NAME: uniqueName('orders'), SLEEP_SECONDS: '0' }
    const owner = site(t, { bootstrap: secure.broker.bootstrap, dataDir: await tempDir(t), env })
    for (const args of [
      ['topics', 'create'],
      ['produce', '--count', '5'],
    ]) {
      const { code, stderr } = await owner.run(args)
      assert.equal(code, 0, stderr)
    }
    return env
  }
})

/** Those alone, of the user that has none of its own. */
async function setRights({ broker, powerlessUser }: SecureBroker, rights: readonly Right[]): Promise<void> {
  const admin = new Admin({ clientId: 'rights', bootstrapBrokers: [broker.bootstrap] })
  const { ANY } = AclOperations
  const principal = `User:${powerlessUser.name}`
  const all = {
    resourceType: ResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: ANY,
    resourceName: null,
    principal: null,
    host: null,
  }
  try {
    await admin.deleteAcls({ filters: [{ ...all, permissionType: AclPermissionTypes.ANY }] })
    await admin.createAcls({
      creations: rights.map(([kind, resourceName, operation]) => ({
        resourceType: ResourceTypes[kind],
        resourceName,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal,
        host: '*',
        operation: AclOperations[operation],
        permissionType: AclPermissionTypes.ALLOW,
      })),
    })
  } finally {
    await admin.close()
  }
}
