import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Totals } from '../../src/api/contract.ts'
import { startApp, type App } from '../support/app.ts'
import { runCli } from '../support/run-cli.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

const orders = Array.from({ length: 20 }, (_, index) => ({
  order_id: index + 1,
  customer_id: 1_000 + index,
  amount: 300.01 + index,
  currency: 'USD',
  country: index % 2 === 0 ? 'US' : 'DE',
  status: 'CREATED',
  created_at: '2026-01-31T09:30:00.000Z',
}))

async function postOrders({ url }: App): Promise<void> {
  const response = await fetch(`${url}/api/v1/orders?wait=analytics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orders }),
  })
  assert.equal(response.status, 202, await response.text())
}

async function totalsOf({ url }: App): Promise<Totals> {
  const response = await fetch(`${url}/api/v1/totals`)
  return (await response.json()) as Totals
}

async function allPaid(app: App): Promise<void> {
  await waitFor('every order is paid', async () => (await totalsOf(app)).payments.paid === orders.length)
  // The store knows a moment before the log.
  await waitFor('every payment is in the log', async () => (await recordsOf(app, 'payments')) === orders.length)
  await waitFor('every alert is listed', async () => (await totalsOf(app)).alerts === orders.length / 2)
}

async function recordsOf({ url }: App, topic: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/topics`)
  const { items } = (await response.json()) as { items: { name: string; records: number }[] }
  return items.find(({ name }) => name === topic)?.records ?? 0
}

describe('ordermill start', () => {
  it('keeps its data over SIGTERM and SIGKILL, and stops with exit code 0', async (t) => {
    const dataDir = await tempDir(t)
    const first = await startApp(t, { dataDir })
    await postOrders(first)
    await allPaid(first)
    const before = await totalsOf(first)
    assert.equal(await first.end('SIGTERM'), 0, first.output())
    const second = await startApp(t, { dataDir })
    assert.deepEqual(await totalsOf(second), before)
    await second.end('SIGKILL')
    const third = await startApp(t, { dataDir })
    assert.deepEqual(await totalsOf(third), before)
  })

  it('rebuilds a store that was lost from the log alone, and pays nobody again', async (t) => {
    const dataDir = await tempDir(t)
    const first = await startApp(t, { dataDir })
    await postOrders(first)
    await allPaid(first)
    const before = await totalsOf(first)
    await first.end('SIGTERM')
    for (const suffix of ['', '-wal', '-shm']) await rm(join(dataDir, `store.db${suffix}`), { force: true })
    const second = await startApp(t, { dataDir })
    await allPaid(second)
    assert.deepEqual(await totalsOf(second), before)
    assert.equal(await recordsOf(second, 'payments'), orders.length)
  })

  it('refuses a data directory that another process uses', async (t) => {
    const dataDir = await tempDir(t)
    await startApp(t, { dataDir })
    const { code, stderr } = await runCli(['start'], { dataDir, env: { PORT: '0' } })
    assert.equal(code, 1)
    assert.match(stderr, /^ordermill: DATA_DIR_LOCKED: .*ORDERMILL_DATA_DIR.*\n$/)
  })

  it('says which variable changes a port that is taken', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    t.after(() => taken.close())
    const address = taken.address()
    assert.ok(typeof address === 'object' && address !== null)
    const env = { PORT: `${address.port}` }
    const { code, stderr } = await runCli(['start'], { dataDir: await tempDir(t), env })
    assert.equal(code, 1)
    assert.match(stderr, /^ordermill: PORT_IN_USE: .*set PORT.*\n$/)
  })

  it('listens beyond loopback only when tokens are configured', async (t) => {
    const env = { PORT: '0', HOST: '0.0.0.0' }
    const { code, stderr } = await runCli(['start'], { dataDir: await tempDir(t), env })
    assert.equal(code, 2)
    assert.match(stderr, /^ordermill: CONFIG_INVALID: .*ORDERMILL_TOKENS.*\n$/)
  })
})
