import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Producer } from '@platformatic/kafka'
import type { Journey } from '../../../src/api/contract/journey.ts'
import { openLocalTarget } from '../../../src/cli/import/local-target.ts'
import { progressRecord } from '../../../src/cli/import/progress.ts'
import { openConfiguredKafka } from '../../../src/compose/kafka.ts'
import { readConfig } from '../../../src/config.ts'
import type { TopicDescription } from '../../../src/ports/log.ts'
import { kafkaSuiteOptions, useCoordinatedBroker } from '../../support/kafka/suite.ts'
import { orderLine, orderLines } from '../../support/order-lines.ts'
import { jsonOf, runCli, startCli, type DoctorReport, type ImportReport } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { site, type Environment } from './ordermill.ts'

describe('commands on Kafka', kafkaSuiteOptions({ ownBroker: true }), () => {
  const broker = useCoordinatedBroker()

  it('import, list, follow and look at what is refused without a server', async (t) => {
    const dataDir = await tempDir(t)
    const here = site(t, { bootstrap: broker().bootstrap, dataDir })
    const missing = await here.run(['doctor', '--json'])
    assert.equal(missing.code, 0)
    assert.equal(checkOf(jsonOf<DoctorReport>(missing), 'topics').status, 'warn')
    assert.equal((await here.run(['topics', 'create'])).code, 0)

    const file = join(dataDir, 'orders.csv')
    const header = 'order_id,customer_id,amount,currency,country,status,created_at,note'
    const rows = [
      '1,1234,310.5,USD,DE,CREATED,2026-01-31T09:30:00Z,first',
      '2,1234,-1,USD,DE,CREATED,2026-01-31T09:30:00Z,',
    ]
    await writeFile(file, `${[header, ...rows].join('\n')}\n`)
    const imported = await here.run(['import', file, '--json', '--rejects', join(dataDir, 'rejects.ndjson')])
    assert.equal(imported.code, 3, imported.stderr)
    const { good, bad, counted } = jsonOf<ImportReport>(imported)
    assert.deepEqual({ good, bad, counted }, { good: 1, bad: 1, counted: false })
    const again = await here.run(['import', file])
    assert.match(again.stdout, /^Already imported: 1 order, 1 line refused\n/)

    const lagging = jsonOf<DoctorReport>(await here.run(['doctor', '--json']))
    assert.equal(checkOf(lagging, 'topics').status, 'ok')
    const services = await Promise.all(['fraud', 'payment', 'analytics', 'views'].map((name) => here.service(name)))
    const order = async () => (await here.run(['order', '1'])).stdout
    await waitFor('its story is complete', async () => /Payment   PAID[^]*Alert     HIGH_AMOUNT/.test(await order()))
    const journey = async () => jsonOf<Journey>(await here.run(['journey', '1', '--json']))
    await waitFor('every group has read and committed it', async () => (await journey()).pending.length === 0)
    const { events, truncated } = await journey()
    assert.deepEqual(
      new Map(events.map(({ kind, record }) => [kind, record?.topic])),
      new Map([
        ['received', 'orders'],
        ['fraud-flagged', 'fraud-alerts'],
        ['payment-decided', undefined],
        ['payment-settled', 'payments'],
        ['counted', 'order-analytics'],
      ]),
    )
    assert.equal(truncated, false)
    assert.match((await here.run(['totals'])).stdout, /^Orders {8}1\nSales {9}310\.50 USD\nPaid {10}1\n/)
    assert.match((await here.run(['order', '2'])).stderr, /^ordermill: NOT_FOUND: [^\n]+\n$/)
    const shown = await here.run(['tail', 'payments', '--from-beginning', '--no-follow', '--json'])
    const payment = JSON.parse(shown.stdout) as { key: string; value: string; headers: [string, string][] }
    assert.equal(payment.key, '1')
    assert.match(payment.value, /^\{"order_id":1,"status":"PAID","amount":310\.5,/)
    assert.match(payment.headers[0]?.join('=') ?? '', /^event-id=payments-group\/\S+-\d+-\d+$/)
    assert.match((await here.run(['tail', 'nothing'])).stderr, /^ordermill: TOPIC_UNKNOWN: [^\n]+\n$/)

    const { checks } = jsonOf<DoctorReport>(await here.run(['doctor', '--json']))
    const statuses = new Map(checks.map(({ name, status }) => [name, status]))
    for (const name of ['broker', 'topics', 'rights', 'lag', 'store']) assert.equal(statuses.get(name), 'ok', name)
    assert.ok(!statuses.has('log') && !statuses.has('lock'), 'those are of the embedded log')
    const { stdout: produced } = await here.run(['produce', '--count', '1'])
    assert.ok(Number(/^order=(\d+) /.exec(produced)?.[1]) > 1, 'ids go on above those that are known')
    const ended = await Promise.all(services.map(({ end }) => end('SIGTERM')))
    for (const { code, stderr } of ended) assert.equal(code, 0, stderr)
  })

  it('create topics once, and read them where there is no store', async (t) => {
    const dataDir = await tempDir(t)
    const env = { TOPIC_NAME: 'created', ORDERMILL_PARTITIONS: '2' }
    const { run } = site(t, { bootstrap: broker().bootstrap, dataDir, env })
    const created = await run(['topics', 'create'])
    assert.equal(created.code, 0, created.stderr)
    assert.match(created.stdout, /^created    created  2 partitions\n/)
    const again = jsonOf<{ items: { created: boolean }[] }>(await run(['topics', 'create', '--json']))
    assert.ok(again.items.length > 10 && again.items.every((item) => !item.created))
    const [topics, tail, totals] = [
      await run(['topics']),
      await run(['tail', 'created', '--no-follow']),
      await run(['totals']),
    ]
    assert.match(topics.stdout, /^created +2 +0 /m)
    assert.deepEqual([tail.code, tail.stdout, totals.code], [0, '', 1])
    assert.match(totals.stderr, /^ordermill: NOT_FOUND: there is no store /)
    assert.deepEqual(await readdir(dataDir), [])
  })

  it('go on importing where a kill has stopped it', async (t) => {
    const dataDir = await tempDir(t)
    const env = { KAFKA_BOOTSTRAP_SERVERS: broker().bootstrap, ORDERMILL_STORE: 'sqlite', TOPIC_NAME: 'cut-off' }
    const { run } = site(t, { bootstrap: broker().bootstrap, dataDir, env })
    assert.equal((await run(['topics', 'create'])).code, 0)
    const { ndjson, count } = orderLines(60_000)
    const file = join(dataDir, 'orders.ndjson')
    await writeFile(file, ndjson)
    const killed = startCli(['import', file], { dataDir, env })
    const log = openConfiguredKafka(configOf(dataDir, env), undefined)
    t.after(() => log.close())
    await waitFor('a part is imported', async () => (await log.topics()).some((topic) => hasRecords(topic, 'cut-off')))
    killed.child.kill('SIGKILL')
    await killed.done
    const rest = await run(['import', file, '--json'])
    assert.equal(rest.code, 0, rest.stderr)
    const { appended, good, counted } = jsonOf<ImportReport>(rest)
    assert.deepEqual({ good, counted }, { good: count, counted: false })
    assert.ok(appended > 0 && appended < count, `${appended} by the second run`)
    const shown = await run(['tail', 'cut-off', '--from-beginning', '--no-follow', '--json'])
    assert.equal(shown.code, 0, shown.stderr)
    const keys = shown.stdout.split('\n').flatMap((line) => /"key":"(\d+)"/.exec(line)?.[1] ?? [])
    assert.deepEqual([new Set(keys).size, keys.length], [count, count])
  })

  it('wait for the transaction of a process that was killed, before they say where the end is', async (t) => {
    const { bootstrap } = broker()
    const dataDir = await tempDir(t)
    const env = { KAFKA_BOOTSTRAP_SERVERS: bootstrap, ORDERMILL_STORE: 'sqlite', TOPIC_NAME: 'open', PORT: '0' }
    const { run } = site(t, { bootstrap, dataDir, env })
    assert.equal((await run(['topics', 'create'])).code, 0)
    const config = configOf(dataDir, env)
    const log = openConfiguredKafka(config, undefined)
    t.after(() => log.close())
    const record = (key: string) => ({ topic: 'open', partition: 0, key: Buffer.from(key), value: Buffer.from('{}') })
    await log.append([record('before')])

    const killed = await openTransaction(t, bootstrap)
    await using target = await openLocalTarget(config, { counts: false })
    const id = { sha256: 'a'.repeat(64), format: 'ndjson', topicId: target.topicId } as const
    const progress = { end: { bytes: 500, lines: 5 }, good: 5, bad: 0, isDone: false }
    const { topic, key, value } = progressRecord(id, progress)
    const imported = { topic, partition: 0, key: Buffer.from(key), value: Buffer.from(value) }
    await killed.send({ messages: [record('hidden'), imported] })
    await log.append([record('behind')])
    const tail = startCli(['tail', 'open', '--from-beginning', '--no-follow', '--json'], { dataDir, env })
    const importing = target.open(id)
    await once(tail.child.stdout ?? tail.child, 'data')
    await killed.commit()
    assert.deepEqual((await importing).start, progress)
    const { code, stdout, stderr } = await tail.done
    assert.equal(code, 0, stderr)
    assert.deepEqual(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { key: string }).key),
      ['before', 'hidden', 'behind'],
    )
  })

  it('say what a server says, whether one is asked or Kafka itself', async (t) => {
    const env = { TOPIC_NAME: 'asked' }
    const here = site(t, { bootstrap: broker().bootstrap, dataDir: await tempDir(t), env })
    const server = await here.server(['start'])
    const conflict = orderLine(7, { customer_id: 1 })
    const body = `{"orders":[${[orderLine(7), orderLine(7), orderLine(8)].join()}]}`
    const posted = await post(server.url, body)
    assert.equal(posted, 202)
    assert.equal(await post(server.url, `{"orders":[${conflict}]}`), 202)
    await waitFor('all is there', async () => {
      const { dead_letters: refused, dead_letters_listed: listed, payments } = await server.totals()
      return refused === 1 && listed === 2 && payments.paid === 2
    })
    for (const args of [
      ['totals', '--json'],
      ['order', '7', '--json'],
      ['dead-letters', '--json'],
    ]) {
      const [direct, asked] = [await here.run(args), await here.run([...args, '--url', server.url])]
      assert.deepEqual([direct.code, asked.code], [0, 0], direct.stderr + asked.stderr)
      assert.deepEqual(JSON.parse(direct.stdout), JSON.parse(asked.stdout))
    }
    const letters = jsonOf<{ items: { group: string; code: string }[] }>(await here.run(['dead-letters', '--json']))
    const refusals = letters.items.map(({ group, code }) => `${group} ${code}`).toSorted()
    assert.deepEqual(refusals, ['analytics-group ORDER_ID_CONFLICT', 'payments-group ORDER_ID_CONFLICT'])
  })
})

it('half a configuration of Kafka ends the start with one line and no secret', async (t) => {
  const env = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1', ORDERMILL_STORE: 'sqlite', CONFLUENT_API_SECRET: 'hush-hush' }
  const { code, stdout, stderr } = await runCli(['start'], { dataDir: await tempDir(t), env })
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /^ordermill: CONFIG_INVALID: [^\n]*CONFLUENT_API_KEY[^\n]*\n$/)
  assert.doesNotMatch(stderr, /hush-hush/)
})

function configOf(dataDir: string, env: Environment) {
  const config = readConfig({ ...env, ORDERMILL_DATA_DIR: dataDir })
  assert.ok(config.kafka)
  return { ...config, kafka: config.kafka }
}

function hasRecords({ name, partitions }: TopicDescription, topic: string): boolean {
  return name === topic && partitions.some(({ begin, end }) => end > begin)
}

function checkOf({ checks }: DoctorReport, name: string): DoctorReport['checks'][number] {
  const check = checks.find((one) => one.name === name)
  assert.ok(check, `there is no check ${name}`)
  return check
}

/** As a process leaves it that is killed before it commits. */
function openTransaction(t: TestContext, bootstrap: string) {
  // The client's own start, producer 0 of epoch 0, would be taken for a process that was fenced.
  const identity = { idempotent: true, transactionalId: 'killed', producerId: -1n, producerEpoch: -1 }
  const producer = new Producer({
    clientId: 'killed',
    bootstrapBrokers: [bootstrap],
    ...identity,
  })
  t.after(() => producer.close(true))
  return producer.beginTransaction()
}

async function post(url: string, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/api/v1/orders?wait=analytics`, { method: 'POST', headers, body })
  await response.text()
  return response.status
}
