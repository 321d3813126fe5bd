import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Type } from 'typebox'
import {
  alertPage,
  analytics,
  deadLetterDetail,
  deadLetterPage,
  groupList,
  orderDetail,
  orderPage,
  paymentPage,
  problem,
  readiness,
  recordPage,
  series,
  system,
  topicList,
  totals,
} from '../../src/api/contract.ts'
import { emptyTotals } from '../../src/domain/totals.ts'
import { bytesOf } from '../../src/codec/bytes.ts'
import type { DeadLetter } from '../../src/ports/view-store.ts'
import { anOrderBody, openTestApi, postOf, type Answer, type TestApi } from '../support/api.ts'
import {
  anOrder,
  noonMs,
  orderFact,
  paymentFact,
  paymentShard,
  progressTo,
  shardKey,
  viewShard,
} from '../support/order-facts.ts'

async function addOrders({ store }: TestApi, orders: readonly Parameters<typeof anOrder>[]): Promise<void> {
  const claim = await store.claim(shardKey(), 'test')
  const facts = orders.map(([id, over], offset) => orderFact(anOrder(id, over), offset))
  await store.applyOrders(claim, facts, progressTo(facts.length))
}

describe('GET /api/v1/totals', () => {
  it('has the members of the wire contract, and the offsets that they are true for', async (t) => {
    const api = await openTestApi(t)
    await api.call(
      postOf({ orders: [anOrderBody, { ...anOrderBody, order_id: 8, currency: 'JPY', amount: 500, country: 'JP' }] }),
    )
    await api.countOrders()
    const found = (await api.call({ url: '/api/v1/totals' })).json(totals)
    assert.deepEqual([found.order_count, found.total_sales, found.base_currency], [2, 19.99, 'USD'])
    assert.deepEqual(found.by_country, {
      US: { order_count: 1, sales: { USD: 19.99 } },
      JP: { order_count: 1, sales: { JPY: 500 } },
    })
    assert.deepEqual(found.by_status, { CREATED: { order_count: 2, sales: { USD: 19.99, JPY: 500 } } })
    const ends = (await api.log.topics())[0]?.partitions.map(({ partition, end }) => [partition, end] as const)
    assert.deepEqual(found.as_of, { orders: Object.fromEntries<unknown>(ends ?? []) })
    assert.equal(found.payments.paid, 0)
  })

  it('keeps every cent of sums that no double can hold', async (t) => {
    const { store } = await openTestApi(t)
    const sums = emptyTotals()
    sums.overall.orderCount = 1
    sums.overall.sales.set('USD', 900_719_925_474_099_301n)
    sums.byCountry.set('US', { orderCount: 1, sales: new Map([['USD', -900_719_925_474_099_303n]]) })
    const snapshot = { totals: sums, asOf: new Map() }
    const { call } = await openTestApi(t, { store: { ...store, totals: () => Promise.resolve(snapshot) } })
    const { text } = await call({ url: '/api/v1/totals' })
    assert.match(text, /"total_sales":9007199254740993\.01,/)
    assert.match(text, /"US":\{"order_count":1,"sales":\{"USD":-9007199254740993\.03\}\}/)
  })

  it('are read from the store once for each of its versions', async (t) => {
    const api = await openTestApi(t)
    let reads = 0
    const readTotals = () => {
      reads += 1
      return api.store.totals()
    }
    const { call } = await openTestApi(t, { store: { ...api.store, totals: readTotals } })
    const before = await Promise.all([1, 2, 3].map(() => call({ url: '/api/v1/totals' })))
    assert.deepEqual([reads, before[2]?.json(totals).order_count], [1, 0])
    await addOrders(api, [[1]])
    assert.equal((await call({ url: '/api/v1/totals' })).json(totals).order_count, 1)
    assert.equal(reads, 2)
  })
})

describe('GET /api/v1/series', () => {
  it('sums minutes into steps and leaves out those without an order', async (t) => {
    const api = await openTestApi(t)
    const minute = Date.UTC(2026, 0, 1, 10)
    const at = (minutes: number) => ({ createdAtMs: minute + minutes * 60_000 })
    await addOrders(api, [
      [1, at(0)],
      [2, at(1)],
      [3, { ...at(4), amount: { currency: 'JPY', minor: 7 } }],
    ])
    const range = 'from=2026-01-01T10:00:30Z&to=2026-01-01T10:05:00Z'
    const { from, to, points } = (await api.call({ url: `/api/v1/series?${range}&step=120` })).json(series)
    assert.deepEqual([from, to], ['2026-01-01T10:00:00.000Z', '2026-01-01T10:06:00.000Z'])
    assert.deepEqual(points, [
      { start: '2026-01-01T10:00:00.000Z', order_count: 2, sales: { USD: 20.03 } },
      { start: '2026-01-01T10:04:00.000Z', order_count: 1, sales: { JPY: 7 } },
    ])
  })

  it('shows the last hour by the minute when nothing is asked', async (t) => {
    const { call } = await openTestApi(t, { clock: () => Date.UTC(2026, 0, 1, 10, 30, 15) })
    const { from, to, step } = (await call({ url: '/api/v1/series' })).json(series)
    assert.deepEqual([from, to, step], ['2026-01-01T09:31:00.000Z', '2026-01-01T10:31:00.000Z', 60])
  })
})

describe('GET /api/v1/orders', () => {
  const idsOf = (answer: Answer) => answer.json(orderPage).items.map((item) => item.order_id)

  it('finds by every condition together, in the order that is asked for', async (t) => {
    const api = await openTestApi(t)
    const yen = { amount: { currency: 'JPY', minor: 1002 } }
    await addOrders(api, [[1], [2, { country: 'DE' }], [3, { status: 'CANCELLED' }], [4, yen], [5, { customerId: 7 }]])
    const found = async (query: string) => idsOf(await api.call({ url: `/api/v1/orders?${query}` }))
    assert.deepEqual(await found(''), [5, 4, 3, 2, 1])
    assert.deepEqual(await found('country=DE'), [2])
    assert.deepEqual(await found('status=CANCELLED'), [3])
    assert.deepEqual(await found('customer_id=7&currency=USD'), [5])
    assert.deepEqual(await found('amount_min=10.02&amount_max=10.03&sort=amount_asc'), [2, 3])
    assert.deepEqual(await found('amount_min=10.015&amount_max=10.035&sort=amount_desc'), [3, 2])
    assert.deepEqual(await found('amount_min=1002&currency=JPY'), [4])
    assert.deepEqual(await found(`created_from=${new Date(noonMs + 1).toISOString()}`), [])
  })

  it('pages through all with a cursor', async (t) => {
    const api = await openTestApi(t)
    await addOrders(api, [[1], [2], [3], [4], [5]])
    const ids: number[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null && pages < 10; pages += 1) {
      const next: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
      const answer = await api.call({ url: `/api/v1/orders?limit=2&sort=order_id_asc${next}` })
      ids.push(...idsOf(answer))
      cursor = answer.json(orderPage).next_cursor
    }
    assert.deepEqual(ids, [1, 2, 3, 4, 5])
  })

  it('gives an order in the contract’s words, with the document as it came', async (t) => {
    const api = await openTestApi(t)
    await api.call(postOf({ ...anOrderBody, created_at: '2026-01-01T10:00:00.123456Z', gift: { wrap: true } }))
    await api.countOrders()
    const item = (await api.call({ url: '/api/v1/orders' })).json(orderPage).items[0]
    assert.equal(item?.created_at, '2026-01-01T10:00:00.123Z')
    const document: Record<string, unknown> = { ...item?.document }
    assert.deepEqual(document['gift'], { wrap: true })
    assert.equal(document['created_at'], '2026-01-01T10:00:00.123456Z')
  })

  it('leaves out documents beyond 1 MiB, so that no page is larger', async (t) => {
    const api = await openTestApi(t)
    const order = (id: number) => ({ ...anOrderBody, order_id: id, note: 'x'.repeat(250_000) })
    for (let id = 1; id <= 8; id += 1) await api.call(postOf(order(id)))
    await api.countOrders()
    const { items } = (await api.call({ url: '/api/v1/orders' })).json(orderPage)
    assert.equal(items.length, 8)
    assert.deepEqual([items[0]?.document === null, items[7]?.document === null], [false, true])
    const alone = (await api.call({ url: `/api/v1/orders/${items[7]?.order_id}` })).json(orderDetail)
    assert.ok(JSON.stringify(alone.order?.document).length > 250_000)
  })
})

describe('GET /api/v1/orders/{order_id}', () => {
  it('tells everything that happened to the order', async (t) => {
    const api = await openTestApi(t)
    const { store } = api
    await addOrders(api, [[1], [1, { status: 'CONFIRMED' }]])
    const claim = await store.claim(paymentShard(), 'test')
    const payment = paymentFact(anOrder(1), 0)
    await store.reserve(claim, [payment])
    const settled = { ...payment, answer: { kind: 'settled', outcome: 'PAID', atMs: noonMs } } as const
    await store.settle(claim, [settled], progressTo(1))
    const { amount, createdAtMs } = anOrder(1)
    const alert = { orderId: 1, reason: 'HIGH_AMOUNT_RISKY_COUNTRY', amount, country: 'US', createdAtMs } as const
    const fact = { kind: 'alert', offset: 0, identity: payment.identity, alert, timestampMs: noonMs } as const
    const views = await store.claim(viewShard(), 'test')
    await store.applyViews(views, [fact], progressTo(1))
    const detail = (await api.call({ url: '/api/v1/orders/1' })).json(orderDetail)
    assert.equal(detail.order?.status, 'CONFIRMED')
    assert.deepEqual(
      detail.entries.map(({ status }) => status),
      ['CREATED', 'CONFIRMED'],
    )
    assert.deepEqual([detail.payment?.outcome, detail.payment?.amount], ['PAID', 10.01])
    assert.equal(detail.alerts[0]?.reason, 'HIGH_AMOUNT_RISKY_COUNTRY')
    assert.deepEqual(detail.other_identities, [])
    assert.equal((await api.call({ url: '/api/v1/payments?outcome=PAID' })).json(paymentPage).items.length, 1)
    assert.equal((await api.call({ url: '/api/v1/payments?outcome=HELD' })).json(paymentPage).items.length, 0)
    assert.equal((await api.call({ url: '/api/v1/alerts' })).json(alertPage).items[0]?.amount, 10.01)
  })
})

const aLetter: DeadLetter = {
  group: 'analytics-group',
  topic: 'orders',
  partition: 0,
  offset: 5,
  letter: { topic: 'orders.analytics-group.dlq', partition: 0, offset: 0 },
  code: 'RECORD_INVALID',
  message: 'the value is not JSON',
  stage: 'decode',
  deliveryCount: 1,
  firstFailedAtMs: noonMs,
  timestampMs: noonMs,
  orderId: null,
  redriveCount: 0,
}

describe('GET /api/v1/dead-letters', () => {
  async function withLetter(t: Parameters<typeof openTestApi>[0]) {
    const api = await openTestApi(t)
    const { topic } = aLetter.letter
    await api.log.createTopics([{ name: topic, partitions: 1, recordBytesMax: 1_200_000 }])
    const headers = [
      ['a', bytesOf('1')],
      ['a', Uint8Array.of(0xff)],
    ] as const
    await api.log.append([{ topic, key: null, value: bytesOf('{oops'), headers }])
    const claim = await api.store.claim(viewShard({ topic }), 'test')
    await api.store.applyViews(claim, [{ kind: 'dead-letter', offset: 0, letter: aLetter }], progressTo(1))
    const { items } = (await api.call({ url: '/api/v1/dead-letters?group=analytics-group&code=RECORD_INVALID' })).json(
      deadLetterPage,
    )
    return { ...api, url: `/api/v1/dead-letters/${encodeURIComponent(items[0]?.id ?? '')}` }
  }

  it('shows one with its bytes as they are in the log', async (t) => {
    const { call, url } = await withLetter(t)
    const { record, code, message } = (await call({ url })).json(deadLetterDetail)
    assert.deepEqual([code, message], ['RECORD_INVALID', 'the value is not JSON'])
    assert.deepEqual(record?.key, null)
    assert.deepEqual(record?.value, { text: '{oops', base64: btoa('{oops'), bytes: 5, truncated: false })
    assert.deepEqual(record?.headers[1], {
      name: 'a',
      value: { text: null, base64: '/w==', bytes: 1, truncated: false },
    })
    assert.equal((await call({ url: '/api/v1/dead-letters?group=fraud-group' })).json(deadLetterPage).items.length, 0)
  })

  it('shows what is known of one whose topic was deleted', async (t) => {
    const { call, url, log } = await withLetter(t)
    await log.deleteTopic(aLetter.letter.topic)
    assert.equal((await call({ url })).json(deadLetterDetail).record, null)
  })
})

type Rows = Readonly<{ status: string; orders: readonly Record<string, Record<string, unknown>>[] }>
const analyticsRows = Type.Unsafe<Rows>(analytics)

describe('the rest of the API', () => {
  it('answers /api/analytics as the original does: the ten newest, each below the bucket’s name', async (t) => {
    const api = await openTestApi(t, { settings: { bucket: 'my_bucket' } })
    await addOrders(
      api,
      Array.from({ length: 12 }, (_, index): [number] => [index + 1]),
    )
    const { status, orders } = (await api.call({ url: '/api/analytics' })).json(analyticsRows)
    assert.equal(status, 'ok')
    assert.deepEqual(
      orders.map((row) => row['my_bucket']?.['order_id']),
      [12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
    )
    assert.deepEqual(Object.keys(orders[0] ?? {}), ['my_bucket'])
    assert.deepEqual(orders[0]?.['my_bucket']?.['kafka_offset'], 11)
  })

  it('tells topics, groups and their lag', async (t) => {
    const { call, log } = await openTestApi(t, { clock: () => Date.now() + 5_000 })
    await call(postOf(anOrderBody))
    await log.seek(
      'late-group',
      [0, 1].map((partition) => ({ topic: 'orders', partition, offset: 0 })),
    )
    const topics = (await call({ url: '/api/v1/topics' })).json(topicList).items
    assert.deepEqual([topics[0]?.name, topics[0]?.records, topics[0]?.partitions.length], ['orders', 1, 2])
    const groups = (await call({ url: '/api/v1/groups' })).json(groupList)
    assert.deepEqual([groups.items[0]?.group, groups.lag_records], ['late-group', 1])
    assert.ok(groups.lag_seconds >= 5)
  })

  it('shows the records of a partition from any offset on', async (t) => {
    const { call, log } = await openTestApi(t)
    await log.createTopics([{ name: 'notes', partitions: 1, recordBytesMax: 1000 }])
    await log.append([1, 2, 3].map((n) => ({ topic: 'notes', key: null, value: bytesOf(`note ${n}`) })))
    const page = (await call({ url: '/api/v1/topics/notes/records?offset=1&limit=1' })).json(recordPage)
    assert.deepEqual([page.items.map(({ value }) => value?.text), page.next_offset], [['note 2'], 2])
    assert.equal((await call({ url: '/api/v1/topics/none/records' })).json(problem).code, 'TOPIC_UNKNOWN')
  })

  it('is ready only while every check holds, and lives anyway', async (t) => {
    const health = () => Promise.resolve([{ name: 'store', ok: false, detail: 'away' }])
    const { call } = await openTestApi(t, { health })
    const ready = await call({ url: '/readyz' })
    const { status, checks } = ready.json(readiness)
    assert.deepEqual([ready.status, status, checks[0]?.detail], [503, 'failed', 'away'])
    for (const url of ['/healthz', '/livez']) assert.equal((await call({ url })).text, '{"status":"ok"}')
    assert.match(String((await call({ url: '/metrics' })).headers['content-type']), /^text\/plain; version=0.0.4/)
    assert.equal((await call({ url: '/api/v1/system' })).json(system).mode, 'embedded')
  })

  it('reports each request by its route, never by its path', async (t) => {
    const seen: unknown[] = []
    const { call } = await openTestApi(t, { onRequestDone: (...request) => seen.push(request.slice(0, 3)) })
    await call({ url: '/api/v1/orders/77' })
    await call({ url: '/nowhere/else' })
    assert.deepEqual(seen[0], ['/api/v1/orders/:order_id', 'GET', 404])
    assert.deepEqual(seen[1], ['unknown', 'GET', 503])
  })
})
