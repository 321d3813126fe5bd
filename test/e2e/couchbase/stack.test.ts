import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readTopic, textOf } from '../../support/log-harness.ts'
import { orderRecord } from '../../support/order-json.ts'
import { runCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { json, untilCaughtUp, type Environment } from '../kafka/ordermill.ts'
import { stackSuiteOptions, useStack, type Stack } from './stack.ts'
import { expectedAnalytics, expectedSums, firstOrders, firstRecords, ordersIn, sumsOf } from './told.ts'

const limitMs = 90_000
const allGroups = ['fraud-group', 'payments-group', 'analytics-group', 'views-group'] as const
const lastOrderId = 9_000_000
const rssBytesMax = 300 * 2 ** 20

type Page = Readonly<{ items: readonly Readonly<Record<string, unknown>>[]; next_cursor: string | null }>
type Health = Readonly<{ checks: readonly Readonly<{ name: string; status: string; detail: string }>[] }>

describe('ordermill run on Kafka and Couchbase', stackSuiteOptions(), () => {
  const stack = useStack()

  it('shows the ten newest orders as the contract says', { timeout: limitMs }, async () => {
    const { api, log } = stack()
    await log.append(firstRecords)
    await untilCaughtUp(api.url)
    await untilCaughtUp(api.url, ['views-group'])
    assert.deepEqual(await json(`${api.url}/api/analytics`), await expectedAnalytics(log))
    assert.deepEqual(sumsOf(await api.totals()), await expectedSums(log))
  })

  it('lists everything without a query service, and searches with one', { timeout: limitMs }, async () => {
    const { api, searchingApi } = stack()
    const idsOf = ({ items }: Page): readonly number[] =>
      items.map(({ order_id: id }) => Number(id)).toSorted((a, b) => a - b)
    const all = Array.from({ length: firstOrders }, (_, index) => index + 1)
    for (const [list, ids] of [
      ['orders', all],
      ['payments', all],
      ['alerts', [1, 2]],
    ] as const) {
      assert.deepEqual(idsOf(await json<Page>(`${api.url}/api/v1/${list}`)), ids, list)
      const half = await json<Page>(`${api.url}/api/v1/${list}?limit=1`)
      const rest = await json<Page>(`${api.url}/api/v1/${list}?cursor=${half.next_cursor}`)
      assert.deepEqual(idsOf({ ...rest, items: [...half.items, ...rest.items] }), ids, `${list} by pages`)
    }
    const { items: letters } = await json<Page>(`${api.url}/api/v1/dead-letters`)
    assert.deepEqual(letters.map(({ group, code }) => `${String(group)} ${String(code)}`).toSorted(), [
      'analytics-group ORDER_ID_CONFLICT',
      'analytics-group RECORD_INVALID',
      'fraud-group RECORD_INVALID',
      'payments-group ORDER_ID_CONFLICT',
      'payments-group RECORD_INVALID',
    ])
    const story = JSON.stringify(await json(`${api.url}/api/v1/orders/1`))
    for (const part of ['"outcome":"PAID"', 'HIGH_AMOUNT_RISKY_COUNTRY', '"grüße":[1.5,null]'])
      assert.ok(story.includes(part), part)

    const searching = await searchingApi()
    for (const [search, count] of [
      ['orders?country=DE', firstOrders],
      ['orders?sort=amount_desc&currency=USD&amount_min=400', 2],
      ['payments?outcome=PAID', firstOrders],
      ['dead-letters?group=fraud-group', 1],
    ] as const) {
      const refused = await fetch(`${api.url}/api/v1/${search}`)
      const { code } = (await refused.json()) as { code: string }
      assert.deepEqual([refused.status, code], [501, 'SEARCH_UNAVAILABLE'], search)
      assert.equal((await json<Page>(`${searching.url}/api/v1/${search}`)).items.length, count, search)
    }
    assert.equal((await searching.end('SIGTERM')).code, 0)
  })

  it('counts on where a killed analytics has stopped', { timeout: limitMs }, async () => {
    const { api, log, running, start } = stack()
    await log.append(ordersFrom(1_000, 1_500))
    await waitFor('it is in the midst of them', async () => (await api.totals()).order_count > firstOrders)
    await running.get('analytics')?.end('SIGKILL')
    await start('analytics')
    await log.append(ordersFrom(2_500, 100))
    await untilCaughtUp(api.url, allGroups)
    assert.deepEqual(await json(`${api.url}/api/analytics`), await expectedAnalytics(log))
    assert.deepEqual(sumsOf(await api.totals()), await expectedSums(log))
  })

  it(
    'takes nothing from the log while the store is away, says so, and goes on by itself',
    { timeout: limitMs },
    async () => {
      const { api, log, proxy, running, start } = stack()
      const analytics = running.get('analytics')
      assert.ok(analytics)
      const producer = await start('producer', { SLEEP_SECONDS: '0.01' })
      await producer.printed(/(order=)/)

      proxy.refuse()
      for (const { url } of [api, analytics]) {
        await waitFor('the store is not ready, and says why', () => isAway(url))
        for (const path of ['livez', 'healthz']) assert.equal((await fetch(`${url}/${path}`)).status, 200, path)
      }
      const refused = await fetch(`${api.url}/api/analytics`)
      const { error, code } = (await refused.json()) as { error: string; code: string }
      assert.deepEqual([refused.status, code], [503, 'STORE_UNAVAILABLE'])
      assert.match(error, /\w+ \w+/)
      const committed = await committedBy(stack())
      await log.append(ordersFrom(5_000, 3_000))
      await waitFor(
        'fraud, which needs no store, has read them',
        async () => (await lagOf(stack(), 'fraud-group')) === 0,
      )
      assert.deepEqual(await committedBy(stack()), committed)
      for (const { url } of [api, analytics]) assert.ok((await rssBytes(url)) < rssBytesMax)

      await proxy.accept()
      for (const { url } of [api, ...running.values()]) {
        await waitFor('it is ready again', async () => (await fetch(`${url}/readyz`)).ok)
      }
      const before = (await ordersIn(log)).length
      await waitFor('the producer goes on', async () => (await ordersIn(log)).length > before + 20)
      assert.equal((await producer.end('SIGTERM')).code, 0)
      running.delete('producer')
      await untilCaughtUp(api.url, allGroups)
      assert.deepEqual(sumsOf(await api.totals()), await expectedSums(log))
      for (const { url } of [api, analytics]) assert.ok((await rssBytes(url)) < rssBytesMax)
    },
  )

  it('fills an empty store from the log, and pays nobody again', { timeout: limitMs }, async () => {
    const { here, api, log, loseStore, running, start } = stack()
    await running.get('payment')?.end('SIGTERM')
    // Whoever is charged from now on is declined, so that it would be seen.
    await start('payment', { ORDERMILL_GATEWAY_DECLINE_RATIO: '1' })
    const before = await api.totals()
    const paid = await paidKeys(stack())

    await loseStore()
    // Whoever reads something new finds the store empty. Views read nothing new.
    await log.append([0, 1].map((partition) => ({ ...orderRecord(lastOrderId - partition), partition })))
    await untilCaughtUp(api.url)
    await running.get('views')?.end('SIGTERM')
    await start('views')
    await waitFor('views have caught up', async () => (await api.totals()).alerts === before.alerts)
    const { stdout: produced } = await here.run(['produce', '--count', '1'])
    assert.ok(Number(/^order=(\d+) /.exec(produced)?.[1]) > lastOrderId, 'no id is given again')
    await untilCaughtUp(api.url)
    assert.deepEqual(sumsOf(await api.totals()), await expectedSums(log, 3))
    assert.deepEqual(await paidKeys(stack()), paid, 'nobody is paid again')
    assert.deepEqual(await json(`${api.url}/api/analytics`), await expectedAnalytics(log))
    for (const { end, output } of [...running.values(), api]) assert.equal((await end('SIGTERM')).code, 0, output())
  })
})

const kafka = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' }
const wrong: readonly (readonly [what: string, env: Environment, told: RegExp])[] = [
  ['Kafka without a store', kafka, /set COUCHBASE_HOST, or ORDERMILL_STORE=sqlite if all processes are on this host/],
  [
    'Couchbase without Kafka',
    { COUCHBASE_HOST: 'c' },
    /COUCHBASE_HOST is set without KAFKA_BOOTSTRAP_SERVERS: set both/,
  ],
  ['both stores', { ...kafka, COUCHBASE_HOST: 'c', ORDERMILL_STORE: 'sqlite' }, /both set: keep one of them/],
  [
    'a scope that can not be',
    { ...kafka, COUCHBASE_HOST: 'c', ORDERMILL_COUCHBASE_SCOPE: '_x' },
    /ORDERMILL_COUCHBASE_SCOPE/,
  ],
  [
    'batches beyond a document',
    { ...kafka, COUCHBASE_HOST: 'c', ORDERMILL_BATCH_RECORDS_MAX: '10001' },
    /10000 at most/,
  ],
]

for (const [what, env, told] of wrong) {
  it(`${what} ends the start with one line that says what to do`, async (t) => {
    const { code, stdout, stderr } = await runCli(['run', 'analytics'], { dataDir: await tempDir(t), env })
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^ordermill: CONFIG_INVALID: [^\n]+\n$/)
    assert.match(stderr, told)
  })
}

function ordersFrom(first: number, count: number) {
  return Array.from({ length: count }, (_, index) => orderRecord(first + index, { amount: 10 + (index % 100) / 100 }))
}

async function isAway(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`)
  const { checks } = (await response.json()) as Health
  const store = checks.find(({ name }) => name === 'store')
  return response.status === 503 && store?.status === 'failed' && /\w+ \w+/.test(store.detail)
}

async function committedBy({ log }: Stack): Promise<unknown> {
  const lags = await Promise.all(['payments-group', 'analytics-group'].map((group) => log.lag(group)))
  return lags.map((lag) => lag.map(({ partition, committed }) => [partition, committed]))
}

async function lagOf({ log }: Stack, group: string): Promise<number> {
  return (await log.lag(group)).reduce((sum, { lagRecords }) => sum + lagRecords, 0)
}

/** In the order of the log. */
async function paidKeys({ log }: Stack): Promise<readonly (string | null)[]> {
  return (await readTopic(log, 'payments')).map(({ key }) => textOf(key))
}

async function rssBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1] ?? Number.NaN)
}
