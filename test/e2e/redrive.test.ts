import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Totals } from '../../src/api/contract.ts'
import type { Job } from '../../src/api/contract/jobs.ts'
import { startApp, type App } from '../support/app.ts'
import { runCli } from '../support/run-cli.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

const orders = 3_000
const killsMax = 5
const groups = ['payments-group', 'analytics-group'] as const

type Page<Item> = Readonly<{ items: readonly Item[]; next_cursor: string | null; next_offset: number }>
type TopicRecord = Readonly<{ headers: readonly Readonly<{ name: string; value: { text: string } }>[] }>

async function getJson<Shape>({ url }: App, path: string): Promise<Shape> {
  const response = await fetch(`${url}/api/v1/${path}`)
  const text = await response.text()
  assert.ok(response.ok, text)
  return JSON.parse(text) as Shape
}

/** The same ids twice, created at another time: to who does not take ids for used again, the second is a conflict. */
async function postOrders({ url }: App): Promise<void> {
  for (const createdAt of ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']) {
    for (let first = 1; first <= orders; first += 1_000) {
      const body = Array.from({ length: 1_000 }, (_, index) => ({
        order_id: first + index,
        customer_id: 1_234,
        amount: 10,
        currency: 'USD',
        country: 'US',
        status: 'CREATED',
        created_at: createdAt,
      }))
      const response = await fetch(`${url}/api/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ orders: body }),
      })
      assert.equal(response.status, 202, await response.text())
    }
  }
}

async function retried(app: App, group: string, header: string): Promise<readonly string[]> {
  const values: string[] = []
  for (let offset = 0; ;) {
    const path = `topics/orders.${group}.retry/records?limit=1000&offset=${offset}`
    const { items, next_offset: next } = await getJson<Page<TopicRecord>>(app, path)
    if (items.length === 0) return values
    values.push(...items.map(({ headers }) => headers.find(({ name }) => name === header)?.value.text ?? ''))
    offset = next
  }
}

const env = { ORDERMILL_GATEWAY_LATENCY_MS: '0' }
const mended = { ...env, ORDERMILL_ORDER_ID_REUSE: 'replace' }

// What a configuration refused is redriven once it is mended, from the command line too.
it('a redrive survives kills: every letter goes to its group once, and counts once', async (t) => {
  const dataDir = await tempDir(t)
  const refusing = await startApp(t, { dataDir, env })
  await postOrders(refusing)
  await waitFor('every letter is listed', async () => {
    return (await getJson<Totals>(refusing, 'totals')).dead_letters_listed === 2 * orders
  })
  await refusing.end('SIGTERM')

  let app = await startApp(t, { dataDir, env: mended })
  const one = ['dead-letters', 'redrive', '--order', '7', '--group', 'payments-group']
  const dry = await runCli([...one, '--dry-run'], { dataDir })
  assert.match(dry.stdout, /payments-group +charged +1\n/)
  assert.equal((await runCli(one, { dataDir })).code, 2, 'nobody can be asked here')
  const single = await runCli([...one, '--yes'], { dataDir })
  assert.deepEqual(
    [single.code, single.stdout],
    [0, 'Redrive 1 letter to payments-group: done, 1 redriven\n'],
    single.stderr,
  )

  const response = await fetch(`${app.url}/api/v1/dead-letters/redrive`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'all' },
    body: '{"filter":{}}',
  })
  const { id } = (await response.json()) as Job
  const jobOf = () => getJson<Job>(app, `jobs/${id}`)
  await waitFor('the job has begun', async () => (await jobOf()).done > 0)
  let killed = 0
  // It works on while its server starts again, so that it may be done before the last kill.
  for (; killed < killsMax && (await jobOf()).state !== 'done'; killed += 1) {
    await app.end('SIGKILL')
    app = await startApp(t, { dataDir, env: mended })
  }
  assert.ok(killed >= 2, `the job was done after ${killed} kills`)
  await waitFor('the job is done', async () => (await jobOf()).state === 'done')
  assert.equal((await jobOf()).detail, `${2 * orders - 1} redriven`)

  for (const group of groups) {
    const letters = await retried(app, group, 'x-redrive-of')
    assert.deepEqual([letters.length, new Set(letters).size], [orders, orders], group)
  }
  const ids = (await Promise.all(groups.map((group) => retried(app, group, 'event-id')))).flat()
  assert.equal(new Set(ids).size, 2 * orders)
  await waitFor('everything is counted and paid', async () => {
    const { order_count: counted, payments } = await getJson<Totals>(app, 'totals')
    return counted === 2 * orders && payments.paid === 2 * orders
  })
  const totals = await getJson<Totals>(app, 'totals')
  assert.deepEqual([totals.duplicates, totals.dead_letters_open, totals.dead_letters_listed], [0, 0, 2 * orders])
  const jobs = await runCli(['jobs'], { dataDir })
  assert.equal(jobs.stdout.trimEnd().split('\n').length, 3, jobs.stdout)
  assert.match((await runCli(['audit'], { dataDir })).stdout, /redrive {2}Redrive 1 letter to payments-group/)
})
