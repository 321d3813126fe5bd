import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Totals } from '../../src/api/contract.ts'
import type { AuditEntry } from '../../src/api/contract/audit.ts'
import type { Reconciliation } from '../../src/api/contract/reconciliation.ts'
import { startApp, type App } from '../support/app.ts'
import { answerJson, startGateway, type AnswerRequest } from '../support/gateway-server.ts'
import { orderValue } from '../support/order-json.ts'
import { runCli, type CliResult } from '../support/run-cli.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

const waves = 3
const waveSize = 100
const ids = Array.from({ length: waves * waveSize }, (_, index) => index + 1)
const answersBeforeKill = 30

const isHeld = (id: number): boolean => id % 10 === 0
const isCancelled = (id: number): boolean => id % 10 === 5
/** Under the order's own key; under that of a retry it is paid. */
const isDeclined = (id: number): boolean => id % 25 === 1
const isPaid = (id: number): boolean => !isHeld(id) && !isCancelled(id) && !isDeclined(id)

const ascending = (a: number, b: number): number => a - b
const payment = (id: number): string => `payment of order ${id}`

const [released, rejected, retried] = [10, 20, 51]

/** Keeps its promise about keys, and loses one answer in seven. What it owes no answer it charges without a word. */
function openProvider() {
  const outcomes = new Map<string, 'PAID' | 'DECLINED'>()
  let owed = Infinity
  let unanswered = 0
  const answer: AnswerRequest = ({ key }, response) => {
    const known = outcomes.get(key)
    const outcome = known ?? (isDeclined(Number(key)) ? 'DECLINED' : 'PAID')
    outcomes.set(key, outcome)
    if (owed === 0) return void (unanswered += 1)
    owed -= 1
    if (known === undefined && Number(key) % 7 === 0) return void response.destroy()
    answerJson(response, 200, { status: outcome })
  }
  return {
    answer,
    outcomes,
    unanswered: () => unanswered,
    owe(answers: number) {
      owed = answers
      unanswered = 0
    },
  }
}

async function getJson<Shape>({ url }: App, path: string): Promise<Shape> {
  const response = await fetch(`${url}/api/v1/${path}`)
  const text = await response.text()
  assert.ok(response.ok, text)
  return JSON.parse(text) as Shape
}

async function postOrders({ url }: App, wave: readonly number[]): Promise<void> {
  const orders = wave.map((id) =>
    orderValue(id, {
      ...(isHeld(id) ? { amount: 500, country: 'DE' } : {}),
      ...(isCancelled(id) ? { status: 'CANCELLED' } : {}),
    }),
  )
  const response = await fetch(`${url}/api/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orders }),
  })
  assert.equal(response.status, 202, await response.text())
}

async function settled(app: App, commands: number): Promise<void> {
  await waitFor('every payment and command is settled', async () => {
    const { payments } = await getJson<Totals>(app, 'totals')
    return payments.paid + payments.declined + payments.skipped + payments.held === ids.length + commands
  })
}

/** The orders that a topic has a record of, one for each record. */
async function ordersOn(app: App, topic: string): Promise<readonly number[]> {
  type Page = Readonly<{ items: readonly Readonly<{ value: { text: string } }>[] }>
  const { items } = await getJson<Page>(app, `topics/${topic}/records?limit=1000`)
  const orders = items.map(({ value }) => (JSON.parse(value.text) as { order_id: number }).order_id)
  return orders.toSorted(ascending)
}

it('charges each order once at the gateway, whatever is killed, and does each operator’s command once', async (t) => {
  const dataDir = await tempDir(t)
  const provider = openProvider()
  const gateway = await startGateway(t, provider.answer)
  const env = {
    ORDERMILL_PAYMENT_GATEWAY_URL: gateway.url,
    ORDERMILL_PAYMENT_POLICY: 'billable',
    ORDERMILL_PAYMENT_CONCURRENCY: '16',
  }
  let app = await startApp(t, { dataDir, env })
  const killAndRestart = async (): Promise<void> => {
    await app.end('SIGKILL')
    provider.owe(Infinity)
    app = await startApp(t, { dataDir, env })
  }
  const decide = (decision: string, id: number, ...options: readonly string[]): Promise<CliResult> =>
    runCli(['payments', decision, `${id}`, ...options], { dataDir })
  const keyed = ['--idempotency-key', 'once']

  for (let wave = 0; wave < waves; wave += 1) {
    provider.owe(answersBeforeKill)
    await postOrders(app, ids.slice(wave * waveSize, (wave + 1) * waveSize))
    await waitFor('charges are under way', () => provider.unanswered() > 0)
    await killAndRestart()
  }
  await settled(app, 0)

  provider.owe(0)
  const retrying = await decide('retry', retried, ...keyed)
  await waitFor('the retry is under way', () => provider.unanswered() > 0)
  const behind = await Promise.all([decide('release', released), decide('reject', rejected)])
  await killAndRestart()
  for (const { code, stderr } of [retrying, ...behind]) assert.equal(code, 0, stderr)
  assert.deepEqual(await decide('retry', retried, ...keyed), retrying, 'sent again with its key')
  await settled(app, 3)
  assert.deepEqual(await decide('retry', retried, ...keyed), retrying, 'also when it is settled')
  assert.match((await decide('reject', released, ...keyed)).stderr, /^ordermill: IDEMPOTENCY_KEY_REUSED: /)
  assert.match((await decide('release', released)).stderr, /^ordermill: STATE_CONFLICT: /)

  const paid = ids.filter((id) => isPaid(id) || id === released || id === retried)
  const charged = [...provider.outcomes].filter(([, outcome]) => outcome === 'PAID').map(([key]) => key)
  assert.deepEqual(charged.map((key) => Number.parseInt(key, 10)).toSorted(ascending), paid)
  const retries = charged.filter((key) => !/^\d+$/.test(key))
  assert.equal(retries.length, 1, 'every other charge has the key of its order')
  const byKey = Map.groupBy(gateway.requests, ({ key }) => key)
  assert.ok((byKey.get(retries[0] ?? '')?.length ?? 0) > 1, 'the retry was repeated with its key')
  for (const [key, requests] of byKey) {
    assert.equal(new Set(requests.map(({ body }) => JSON.stringify(body))).size, 1, key)
  }
  const heldAndCharged = [...byKey.keys()].filter((key) => isHeld(Number.parseInt(key, 10)))
  assert.deepEqual(heldAndCharged, [`${released}`])

  assert.deepEqual(await ordersOn(app, 'payments'), paid)
  const others = [...ids.filter((id) => !isPaid(id)), rejected].toSorted(ascending)
  assert.deepEqual(await ordersOn(app, 'payment-outcomes'), others)
  await waitFor('everything is accounted for', async () => {
    return (await getJson<Reconciliation>(app, 'reconciliation')).state === 'good'
  })
  const { items } = await getJson<{ items: readonly AuditEntry[] }>(app, 'audit')
  const done = items.map(({ action, target }) => `${action} ${target}`)
  const asked = [`reject ${payment(rejected)}`, `release ${payment(released)}`, `retry ${payment(retried)}`]
  assert.deepEqual(
    done.toSorted((a, b) => a.localeCompare(b)),
    asked,
  )
})
