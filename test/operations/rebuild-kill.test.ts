import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { startApp, type App } from '../support/app.ts'
import { orderValue } from '../support/order-json.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

type Body = Readonly<Record<string, unknown>>

async function ask({ url }: App, path: string, body?: unknown): Promise<Body> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(`${url}/api/v1/${path}`, body === undefined ? {} : init)
  assert.ok(response.ok, `${path}: ${response.status}`)
  return (await response.json()) as Body
}

async function post(app: App, from: number, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => from + index)
  await ask(app, 'orders', { orders: ids.map((id) => orderValue(id)) })
}

const countIs = async (app: App, count: number): Promise<boolean> => {
  const { order_count: orders, payments } = await ask(app, 'totals')
  return orders === count && (payments as Body)['paid'] === count
}

describe('a rebuild of a running system', () => {
  it('survives kills, takes in orders meanwhile, and leaves nothing that differs from the log', async (t) => {
    const dataDir = await tempDir(t)
    const start = () => startApp(t, { dataDir, env: { ORDERMILL_GATEWAY_LATENCY_MS: '0' } })
    let app = await start()
    await post(app, 1, 1_000)
    await waitFor('the first are counted', () => countIs(app, 1_000))
    const db = new DatabaseSync(join(dataDir, 'store.db'))
    db.exec(
      `UPDATE shards SET totals = json_set(totals, '$.overall.order_count', 7) WHERE totals IS NOT NULL; DELETE FROM series`,
    )
    db.close()
    assert.equal((await ask(app, 'reconciliation'))['state'], 'bad')
    const { id } = await ask(app, 'jobs', { kind: 'rebuild' })
    await app.end('SIGKILL')
    app = await start()
    await post(app, 1_001, 500)
    await app.end('SIGKILL')
    app = await start()
    await waitFor('the rebuild is done', async () => (await ask(app, `jobs/${String(id)}`))['state'] === 'done')
    await waitFor('all are counted', () => countIs(app, 1_500))
    await waitFor('all is good', async () => (await ask(app, 'reconciliation'))['state'] === 'good')
    const { id: check } = await ask(app, 'jobs', { kind: 'check' })
    await waitFor('the check is done', async () => (await ask(app, `jobs/${String(check)}`))['state'] === 'done')
    assert.deepEqual((await ask(app, `jobs/${String(check)}/differences`))['items'], [])
  })
})
