import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startRequestProxy } from '../../adapters/kafka/request-proxy.ts'
import { readCommitted } from '../../support/kafka/committed-reader.ts'
import { createTopicsByJava } from '../../support/kafka/create-topics.ts'
import { useCoordinatedBroker } from '../../support/kafka/suite.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { json, site, untilCaughtUp } from './ordermill.ts'
import {
  createTopicsFromPython,
  interopSuiteOptions,
  messagesIn,
  produceAsOriginal,
  readAsOriginal,
  sendFromPython,
  type KeyAndValue,
  type Message,
} from './python.ts'

const proxy = await startRequestProxy()
// Of the file, as a suite that is skipped closes nothing.
after(() => proxy.close())
const outputs = ['fraud-alerts', 'payments', 'order-analytics'] as const
const orderCount = 600

type SentOrder = Readonly<{ order_id: number; amount: number; country: string; created_at: string }> &
  Readonly<Record<string, unknown>>

/** As the original makes them, with what else its topic may hold: other times, keys and members. */
function orderOf(id: number): SentOrder {
  const fractions = ['', '.123456', '.5', '.000001']
  return {
    order_id: id,
    customer_id: 1_000 + (id % 9_000),
    amount: (1_000 + ((id * 7_919) % 49_001)) / 100,
    currency: 'USD',
    country: ['US', 'CA', 'DE', 'IN', 'GB', 'FR', 'CN', 'BR'][id % 8] ?? 'US',
    status: ['CREATED', 'CONFIRMED', 'CANCELLED'][id % 3],
    created_at: `2026-01-31T09:30:${String(id % 60).padStart(2, '0')}${fractions[id % 4]}Z`,
    source: 'order-service',
    ...(id % 5 === 0 ? { coupon: 'größer 🙂', lines: [{ sku: 'a', count: 2 }] } : {}),
  }
}

function keyOf(id: number): string | null {
  if (id % 7 === 0) return null
  return id % 11 === 0 ? 'somebody-else' : `${id}`
}

const orders = Array.from({ length: orderCount }, (_, index) => orderOf(index + 1))
const sent: readonly KeyAndValue[] = orders.map((order) => [keyOf(order.order_id), order])
const cents = orders.reduce((sum, { amount }) => sum + Math.round(amount * 100), 0)
const suspicious = orders.filter(({ amount, country }) => amount > 300 && country !== 'US' && country !== 'CA')

describe('ordermill between programs of the original', interopSuiteOptions(), () => {
  describe('with its producer and its consumers as they are', () => {
    const broker = useCoordinatedBroker()

    it('at least once: takes its orders, and writes what its consumers read', async (t) => {
      const { bootstrap } = broker()
      await createTopicsByJava(bootstrap, { orders: 3, payments: 2 })
      await createTopicsFromPython(bootstrap, ['fraud-alerts=2', 'order-analytics=1'])
      await sendFromPython(bootstrap, sent)
      const here = site(t, {
        bootstrap,
        dataDir: await tempDir(t),
        env: { ORDERMILL_DELIVERY: 'at-least-once' },
      })
      await Promise.all(['fraud', 'payment', 'analytics'].map((service) => here.service(service)))
      const api = await here.server(['run', 'api'])
      await waitFor('all is done', async () => {
        const { order_count: count, payments } = await api.totals()
        return count === orderCount && payments.paid === orderCount
      })
      assert.equal((await api.totals()).total_sales, cents / 100)
      await untilCaughtUp(api.url)

      const read = await readAsOriginal({ bootstrap, group: 'watchers', topics: outputs, skipMarkers: false })
      checkOutputs(messagesIn(read))
      await checkDocuments(api.url)
    })
  })

  describe('exactly once', () => {
    const broker = useCoordinatedBroker({ advertisedPort: proxy.port })
    before(() => proxy.forwardTo(broker().proxiedPort ?? 0))

    it('event ids tell its consumers what a killed process wrote and repeated', async (t) => {
      const { bootstrap } = broker()
      await createTopicsFromPython(bootstrap, ['orders=3', 'payments=2', 'fraud-alerts=2', 'order-analytics=1'])
      await sendFromPython(bootstrap, sent)
      const dataDir = await tempDir(t)
      // All that this process writes stays in a transaction that nobody ends.
      proxy.swallow({ name: 'endTxn' })
      const cutOff = site(t, { bootstrap: `127.0.0.1:${proxy.port}`, dataDir })
      const doomed = await cutOff.begun('payment')
      await waitFor('it would commit', () => proxy.count({ name: 'endTxn' }) > 0)
      await doomed.end('SIGKILL')

      const here = site(t, { bootstrap, dataDir })
      await Promise.all(['fraud', 'payment', 'analytics'].map((service) => here.service(service)))
      const api = await here.server(['run', 'api'])
      await untilCaughtUp(api.url)

      const unmodified = await readAsOriginal({ bootstrap, group: 'strict', topics: outputs, skipMarkers: false })
      assert.match(unmodified.stderr, /JSONDecodeError/, 'it knows no transaction markers, and takes them for records')
      const read = messagesIn(
        await readAsOriginal({ bootstrap, group: 'watchers', topics: outputs, skipMarkers: true }),
      )
      const payments = read.filter(({ topic }) => topic === 'payments')
      assert.ok(payments.length > orderCount, `${payments.length} payments, so nothing was seen twice`)
      const byEvent = new Map(read.map((message) => [message.headers['event-id'], message]))
      checkOutputs([...byEvent.values()])
      const committed = await readCommitted(bootstrap, ['payments'])
      assert.equal(committed.length, orderCount)
      assert.equal((await api.totals()).payments.paid, orderCount)
    })

    it('counts what its own producer printed, and takes ids that begin again at 1 for new orders if told so', async (t) => {
      const { bootstrap } = broker()
      const env = { TOPIC_NAME: 'own-orders', ORDERMILL_ORDER_ID_REUSE: 'replace' }
      await createTopicsByJava(bootstrap, { 'own-orders': 1 })
      const here = site(t, { bootstrap, dataDir: await tempDir(t), env })
      await here.service('analytics')
      const api = await here.server(['run', 'api'])
      for (const run of [1, 2]) {
        const printed = await produceAsOriginal(bootstrap, 40, 'own-orders')
        assert.match(printed, new RegExp(`^order=1 topic=own-orders partition=0 offset=${(run - 1) * 40}\\n`))
      }
      await waitFor('both are counted', async () => (await api.totals()).order_count === 80)
      const amounts = (await readCommitted(bootstrap, ['own-orders'])).map(({ value }) => amountIn(value))
      const sum = amounts.reduce((total, amount) => total + Math.round(amount * 100), 0)
      assert.equal((await api.totals()).total_sales, sum / 100)
      assert.equal((await api.totals()).dead_letters, 0)
    })
  })
})

function amountIn(value: Buffer | null): number {
  return (JSON.parse(String(value)) as { amount: number }).amount
}

/** Each event once, with the contract's names and types as Python has them. */
function checkOutputs(messages: readonly Message[]): void {
  const of = (name: string): readonly Message[] => messages.filter(({ topic }) => topic === name)
  const byOrder = (name: string): ReadonlyMap<unknown, Message> =>
    new Map(of(name).map((message) => [message.value['order_id'], message]))
  const [payments, alerts] = [byOrder('payments'), byOrder('fraud-alerts')]
  assert.equal(of('payments').length, orderCount)
  assert.equal(of('fraud-alerts').length, suspicious.length)
  for (const { order_id: id, amount, country } of orders) {
    const { key, value, types } = messageOf(payments, id)
    assert.equal(key, `${id}`)
    const { timestamp, ...rest } = value
    assert.deepEqual(rest, { order_id: id, status: 'PAID', amount, country, currency: 'USD' })
    assert.deepEqual([types['order_id'], types['timestamp'], types['amount']], ['int', 'float', numberType(amount)])
    assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 600)
  }
  for (const { order_id: id, amount, country } of suspicious) {
    const { key, value } = messageOf(alerts, id)
    const { reason, amount: given, country: from, order_id: order } = value
    assert.equal(key, `${id}`)
    assert.deepEqual([order, reason, given, from], [id, 'HIGH_AMOUNT_RISKY_COUNTRY', amount, country])
  }
  const last = of('order-analytics').at(-1)
  assert.deepEqual([last?.key, last?.value['total_sales'], last?.value['order_count']], [null, cents / 100, orderCount])
  assert.deepEqual([last?.types['total_sales'], last?.types['order_count']], ['float', 'int'])
}

function messageOf(messages: ReadonlyMap<unknown, Message>, id: number): Message {
  const message = messages.get(id)
  assert.ok(message, `there is none for order ${id}`)
  return message
}

/** JSON has one kind of number: Python takes what has no fraction for an integer. */
function numberType(amount: number): string {
  return Number.isInteger(amount) ? 'int' : 'float'
}

type OrderPage = Readonly<{
  items: readonly Readonly<{ order_id: number; document: Readonly<Record<string, unknown>> }>[]
  next_cursor: string | null
}>

/** Every member as it was sent, and the three that the contract adds. */
async function checkDocuments(url: string): Promise<void> {
  const found = new Map<number, Readonly<Record<string, unknown>>>()
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: OrderPage = await json(`${url}/api/v1/orders?limit=500${cursor && `&cursor=${cursor}`}`)
    for (const { order_id: id, document } of page.items) found.set(id, document)
    cursor = page.next_cursor
  }
  assert.equal(found.size, orderCount)
  for (const order of orders) {
    const {
      processed_at: processedAt,
      kafka_offset: offset,
      kafka_partition: partition,
      ...rest
    } = found.get(order.order_id) ?? {}
    assert.deepEqual(rest, order)
    assert.match(String(processedAt), /^\d{13}$/)
    assert.ok(typeof processedAt === 'string' && Number.isInteger(offset) && Number.isInteger(partition))
  }
}
