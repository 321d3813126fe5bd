import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Job } from '../../../src/api/contract/jobs.ts'
import type { Journey } from '../../../src/api/contract/journey.ts'
import type { Reconciliation } from '../../../src/api/contract/reconciliation.ts'
import { openBrowser } from '../../support/browser.ts'
import { readTopic, textOf } from '../../support/log-harness.ts'
import { orderRecord } from '../../support/order-json.ts'
import { inDialog, pauseAndResume, settled, toast } from '../../support/page-steps.ts'
import { runCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { operator } from './operate.ts'
import { json, untilCaughtUp, type Environment } from '../kafka/ordermill.ts'
import { stackSuiteOptions, useStack, type Stack } from './stack.ts'
import { expectedAnalytics, expectedSums, firstOrders, firstRecords, ordersIn, sumsOf } from './told.ts'

const stepTimeoutMs = 60_000
const allGroups = ['fraud-group', 'payments-group', 'analytics-group', 'views-group'] as const
const lastOrderId = 9_000_000
const declinedOrderId = lastOrderId - 1
const mendedOrderId = 8_000_001
const pausedOrderId = 8_000_002
const rebuiltOrderId = 8_001_000
const rssBytesMax = 300 * 2 ** 20

type Page = Readonly<{ items: readonly Readonly<Record<string, unknown>>[]; next_cursor: string | null }>
type Health = Readonly<{ checks: readonly Readonly<{ name: string; status: string; detail: string }>[] }>

describe('ordermill run on Kafka and Couchbase', stackSuiteOptions(), () => {
  const stack = useStack()

  it('shows the ten newest orders as the contract says', async () => {
    const { api, log } = stack()
    await log.append(firstRecords)
    await untilCaughtUp(api.url)
    await untilCaughtUp(api.url, ['views-group'])
    assert.deepEqual(await json(`${api.url}/api/analytics`), await expectedAnalytics(log))
    assert.deepEqual(sumsOf(await api.totals()), await expectedSums(log))
  })

  it('lists everything without a query service, and searches with one', async () => {
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

  it('counts on where a killed analytics has stopped', async () => {
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

  it('takes nothing from the log while the store is away, says so, and goes on by itself', async () => {
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
    await waitFor('fraud, which needs no store, has read them', async () => (await lagOf(stack(), 'fraud-group')) === 0)
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
  })

  it('fills an empty store from the log, and pays nobody again', async () => {
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
  })

  it('is operated: journeys, redrive, pause, retry, check, rebuild, and who did it', async () => {
    const { api, log, running, start } = stack()
    const { get, post, finish, mend, outcomeOf } = operator(api.url)
    // It declined everybody in the chapter before.
    await running.get('payment')?.end('SIGTERM')
    const payment = await start('payment')
    assert.equal((await get<Reconciliation>('/reconciliation')).state, 'good')
    const kinds = (await get<Journey>('/orders/1/journey')).events.map(({ kind }) => kind)
    for (const kind of ['received', 'fraud-flagged', 'counted', 'payment-settled']) {
      assert.ok(
        kinds.some((known) => known === kind),
        `${kind} is in ${kinds.join(' ')}`,
      )
    }

    const mended = orderText(mendedOrderId)
    const { items: letters } = await get<Page>('/dead-letters?state=open')
    const broken = letters.filter(({ code }) => code === 'RECORD_INVALID')
    const outcomes: string[] = []
    for (const { id, group } of broken) {
      if (group !== 'fraud-group') outcomes.push(`${String(group)} ${await mend(String(id), mended)}`)
    }
    assert.deepEqual(outcomes.toSorted(), ['analytics-group counted', 'payments-group charged'])
    await waitFor('the mended order is paid', async () => (await outcomeOf(mendedOrderId)) === 'PAID')

    await post('/groups/payments-group/pause', {}, 200)
    await waitFor('payment rests', () => isPaused(payment.url))
    await log.append(ordersFrom(pausedOrderId, 1))
    await untilCaughtUp(api.url, ['analytics-group'])
    assert.equal(await outcomeOf(pausedOrderId), undefined)
    await post('/groups/payments-group/resume', {}, 200)
    await waitFor('payment goes on', async () => (await outcomeOf(pausedOrderId)) === 'PAID')

    await post(`/payments/${lastOrderId}/retry`, { reason: 'the card was renewed' }, 202)
    await waitFor('it is paid after all', async () => (await outcomeOf(lastOrderId)) === 'PAID')

    const checked = await finish(await post<Job>('/jobs', { kind: 'check' }, 202))
    assert.deepEqual([checked.state, checked.differences], ['done', 0], checked.detail)
    const rebuilding = await post<Job>('/jobs', { kind: 'rebuild' }, 202)
    await log.append(ordersFrom(rebuiltOrderId, 200))
    const { state, detail } = await finish(rebuilding)
    assert.equal(state, 'done', detail)
    await untilCaughtUp(api.url, allGroups)
    const { items: audit } = await get<Page>('/audit')
    assert.deepEqual(audit.map(({ action }) => action).toReversed(), [
      'redrive',
      'redrive',
      'pause',
      'resume',
      'retry',
      'check',
      'rebuild',
    ])
    assert.ok(audit.every(({ principal }) => principal === 'loopback'))
    const { summary, checks } = await get<Reconciliation>('/reconciliation')
    assert.deepEqual(
      checks.filter((check) => check.state !== 'good'),
      [],
      summary,
    )
    const paid = await paidKeys(stack())
    assert.equal(new Set(paid).size, paid.length, 'nobody is paid twice')
  })

  it('shows it on every page, and is operated by clicks', async (t) => {
    const { api, running } = stack()
    const { page, errors } = await (await openBrowser(t))(t, api.url)
    page.setDefaultTimeout(stepTimeoutMs)
    for (const [path, heading, told] of pages) {
      await page.goto(`${api.url}${path}`)
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      await page.getByText(told).first().waitFor()
      await settled(page, path)
    }
    await page.goto(`${api.url}/pipeline?group=fraud-group`)
    await pauseAndResume(page, 'fraud-group')

    const { outcomeOf } = operator(api.url)
    assert.equal(await outcomeOf(declinedOrderId), 'DECLINED')
    await page.goto(`${api.url}/orders/${declinedOrderId}`)
    await page.getByRole('button', { name: 'Retry the payment' }).click()
    await inDialog(page, `Try to charge order ${declinedOrderId} again?`)
      .getByRole('button', { name: /^Charge/ })
      .click()
    await waitFor('it is paid after all', async () => (await outcomeOf(declinedOrderId)) === 'PAID')

    await page.goto(`${api.url}/dead-letters`)
    await page
      .getByRole('row', { name: /fraud-group/ })
      .getByRole('checkbox')
      .check()
    await page.getByRole('button', { name: 'Redrive 1 selected…' }).click()
    await inDialog(page, 'Redrive dead letters').getByRole('button', { name: 'Redrive 1 letter' }).click()
    await toast(page, 'Redrive done')
    assert.deepEqual(errors, [])
    for (const { end, output } of [...running.values(), api]) assert.equal((await end('SIGTERM')).code, 0, output())
  })
})

/** Each with its heading, and something that is there only when the page has read what it shows. */
const pages = [
  ['/', 'Overview', 'Sales and orders a minute'],
  ['/orders', 'Orders', /^8001\d{3}$/],
  [`/orders/${mendedOrderId}`, `Order ${mendedOrderId}`, 'Counted in the totals'],
  ['/fraud', 'Fraud', 'High amount risky country'],
  ['/payments', 'Payments', 'Declined'],
  ['/dead-letters', 'Dead letters', 'ORDER_ID_CONFLICT'],
  ['/pipeline', 'Pipeline', 'payments-group'],
  ['/reconciliation', 'Reconciliation', 'analytics-group'],
  ['/activity', 'Activity', 'Rebuild'],
] as const

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

function orderText(orderId: number): string {
  return Buffer.from(orderRecord(orderId).value ?? []).toString()
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

/** By an operator, which is no reason not to be ready. */
async function isPaused(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`)
  const { checks } = (await response.json()) as Health
  return response.ok && checks.some(({ name, detail }) => name === 'payment' && /paused by an operator/.test(detail))
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
