import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { createTopicsByJava } from '../../support/kafka/create-topics.ts'
import { readCommitted, type JudgeRecord } from '../../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useCoordinatedBroker } from '../../support/kafka/suite.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { site, untilCaughtUp } from './ordermill.ts'

const scripts = (
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    scripts: Readonly<Record<string, string>>
  }
).scripts

/** What `npm start` hands the program. */
const startArgs = (scripts['start'] ?? '').replace(/^node .*src\/main\.ts /, '').split(' ')

type Health = Readonly<{ checks: readonly Readonly<{ name: string; status: string; detail: string }>[] }>

describe('npm start on Kafka', kafkaSuiteOptions({ ownBroker: true }), () => {
  const broker = useCoordinatedBroker()

  it('counts exactly, by itself, what comes before, while and after its broker is away', async (t) => {
    const { bootstrap } = broker()
    // The rest is for the start to create.
    await createTopicsByJava(bootstrap, { orders: 2 })
    const dataDir = await tempDir(t)
    const here = site(t, { bootstrap, dataDir, env: { SLEEP_SECONDS: '0.01' } })
    const server = await here.server(startArgs)
    const checks = async (): Promise<Health['checks']> =>
      ((await (await fetch(`${server.url}/readyz`)).json()) as Health).checks
    const statusOf = async (path: string): Promise<number> => (await fetch(`${server.url}/${path}`)).status
    assert.match(server.output(), /on Kafka at .*: fraud, payment, analytics, views, API and page\n/)
    const page = await fetch(server.url)
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
    const isReady = async (): Promise<boolean> => (await statusOf('readyz')) === 200
    await waitFor('it is ready', isReady)
    assert.deepEqual((await checks()).map(({ name }) => name).toSorted(), [
      'analytics',
      'fraud',
      'log',
      'operations',
      'payment',
      'store',
      'views',
    ])
    const { stdout: listed } = await here.run(['topics'])
    for (const topic of ['orders', 'fraud-alerts', 'payments', 'payment-outcomes', 'order-analytics']) {
      assert.match(listed, new RegExp(`^${topic} +\\d+ +0 `, 'm'), 'it is there, and nobody made orders up')
    }

    const producer = await here.service('producer')
    await waitFor('orders are counted', async () => (await server.totals()).order_count > 50)
    await broker().kill()
    await waitFor('the log is not ready, and says why', async () => {
      const log = (await checks()).find(({ name }) => name === 'log')
      return log?.status === 'failed' && /\w+ \w+/.test(log.detail)
    })
    assert.equal(await statusOf('readyz'), 503)
    for (const path of ['livez', 'healthz', 'metrics', 'api/v1/totals']) assert.equal(await statusOf(path), 200, path)
    const before = (await server.totals()).order_count

    await broker().restart()
    await waitFor('it is ready again', isReady)
    await waitFor('it goes on', async () => (await server.totals()).order_count > before + 50)
    const produced = await producer.end('SIGTERM')
    assert.equal(produced.code, 0, produced.stderr)
    await untilCaughtUp(server.url)
    await untilCaughtUp(server.url, ['views-group'])

    assert.deepEqual(
      readdirSync(dataDir).filter((name) => name.endsWith('.db')),
      ['store-kafka.db'],
    )
    const records = await readCommitted(bootstrap, ['orders', 'payments', 'fraud-alerts'])
    const of = (name: string): readonly JudgeRecord[] => records.filter(({ topic }) => topic === name)
    const orders = of('orders').map(({ value }) => JSON.parse(String(value)) as { order_id: number; amount: number })
    const ids = new Set(orders.map(({ order_id: id }) => id))
    const acknowledged = [...produced.stdout.matchAll(/^order=(\d+) /gm)].map(([, id]) => Number(id))
    assert.deepEqual(
      acknowledged.filter((id) => !ids.has(id)),
      [],
      'what was acknowledged is there',
    )
    const cents = orders.reduce((sum, { amount }) => sum + Math.round(amount * 100), 0)
    const { order_count: count, total_sales: sales, duplicates, payments, alerts } = await server.totals()
    assert.deepEqual([ids.size, duplicates, payments.duplicates], [orders.length, 0, 0])
    assert.deepEqual([count, sales, payments.paid], [orders.length, cents / 100, orders.length])
    assert.equal(of('payments').length, orders.length)
    assert.equal(of('fraud-alerts').length, alerts)
    const { code, stderr } = await server.end('SIGTERM')
    assert.equal(code, 0, stderr)
  })
})
