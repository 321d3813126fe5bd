import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { parse } from 'csv-parse/sync'
import { orderPage, problem } from '../../src/api/contract.ts'
import { OrdermillError } from '../../src/errors.ts'
import type { Page, PageQuery, StoredOrder } from '../../src/ports/order-queries.ts'
import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import { openTestApi, type Overrides, type TestApi } from '../support/api.ts'
import { anOrder, noonMs, orderFact, orderJson, progressTo, shardKey, viewShard } from '../support/order-facts.ts'
import { waitFor } from '../support/wait-for.ts'

const countries = ['US', 'DE', 'BR'] as const

async function withOrders(t: Parameters<typeof openTestApi>[0], count: number): Promise<TestApi> {
  const api = await openTestApi(t)
  const claim = await api.store.claim(shardKey(), 'test')
  const facts = Array.from({ length: count }, (_, index) =>
    orderFact(anOrder(index + 1, { country: countries[index % 3] ?? 'US' }), index),
  )
  await api.store.applyOrders(claim, facts, progressTo(count))
  return api
}

/** A list without end in sight: each page is made when it is asked for, and counted. */
function longList(count: number, over: (page: number) => void = () => {}) {
  const state = { pages: 0 }
  const searchOrders = ({ limit, cursor = '0' }: PageQuery): Promise<Page<StoredOrder>> => {
    state.pages += 1
    try {
      over(state.pages)
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error('thrown'))
    }
    const from = Number(cursor)
    const to = Math.min(from + limit, count)
    const items = Array.from({ length: to - from }, (_, index) => storedOrder(from + index + 1))
    return Promise.resolve({ items, nextCursor: to < count ? `${to}` : null })
  }
  return { state, store: { ...openMemoryStore(), searchOrders } satisfies Overrides['store'] }
}

function storedOrder(orderId: number): StoredOrder {
  const document = orderJson(anOrder(orderId), `,"note":"${'x'.repeat(500)}"`)
  return { orderId, document, status: 'CREATED', timestampMs: noonMs }
}

/** On a connection of its own; its body is read when that is asked for. */
async function startGet(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, resolve).once('error', reject)
  })
}

async function linesIn(stream: Readable): Promise<number> {
  let lines = 0
  for await (const line of createInterface({ input: stream })) lines += Number(line !== '')
  return lines
}

describe('GET /api/v1/orders/export', () => {
  it('writes as CSV what the list has, with a row of titles, exact amounts and a file name', async (t) => {
    const { app } = await withOrders(t, 600)
    const answer = await app.inject({ url: '/api/v1/orders/export?country=DE&sort=order_id_asc&amount_max=11.04' })
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8')
    assert.match(String(answer.headers['content-disposition']), /^attachment; filename="orders-\d{8}T\d{6}Z\.csv"$/)
    const [titles, first, ...others] = answer.payload.split('\n')
    assert.equal(titles, 'order_id,customer_id,amount,currency,country,status,created_at,logged_at')
    assert.equal(first, '2,1000,10.02,USD,DE,CREATED,2026-01-02T03:04:05.678Z,2026-01-02T03:04:05.679Z')
    assert.equal(others.filter((line) => line !== '').length, 34)
  })

  it('writes as NDJSON the items of the list, whatever its pages', async (t) => {
    const { app, call } = await withOrders(t, 600)
    const listed = (await call({ url: '/api/v1/orders?limit=1000' })).json(orderPage).items
    const { payload, headers } = await app.inject({ url: '/api/v1/orders/export?format=ndjson' })
    assert.equal(headers['content-type'], 'application/x-ndjson; charset=utf-8')
    const lines = payload.trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line): unknown => JSON.parse(line)),
      listed,
    )
  })

  it('has the titles alone where nothing matches, and refuses what the list refuses', async (t) => {
    const { app, call } = await withOrders(t, 3)
    const empty = await app.inject({ url: '/api/v1/orders/export?country=FR' })
    assert.equal(empty.payload.split('\n').length, 2)
    for (const query of ['country=nowhere', 'limit=5', 'format=xml', 'created_from=2026-12-31T23:59:60Z']) {
      const refused = await call({ url: `/api/v1/orders/export?${query}` })
      assert.equal(refused.status, 400, query)
      assert.equal(refused.json(problem).code, 'REQUEST_INVALID')
    }
  })

  it('hands out 100,000 orders, reading no page before there is room for it', async (t) => {
    const { state, store } = longList(100_000)
    const { app } = await openTestApi(t, { store })
    const answer = await app.inject({ url: '/api/v1/orders/export?format=ndjson', payloadAsStream: true })
    const stream = answer.stream()
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    assert.ok(state.pages <= 3, `${state.pages} pages were read although nobody reads the answer`)
    assert.equal(await linesIn(stream), 100_000)
    assert.equal(state.pages, 400)
  })

  it('stops reading when its client goes away, and gives its place to the next one', async (t) => {
    const { state, store } = longList(Number.MAX_SAFE_INTEGER)
    const { app } = await openTestApi(t, { store, settings: { limits: { exportsMax: 1 } } })
    const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/api/v1/orders/export`
    const first = await startGet(url)
    assert.equal(first.statusCode, 200)
    const second = await startGet(url)
    assert.equal(second.statusCode, 503)
    assert.match(await text(second), /"code":"SERVER_UNAVAILABLE"/)
    first.destroy()
    await waitFor('the place is free', async () => {
      const next = await startGet(url)
      next.destroy()
      return next.statusCode === 200
    })
    await waitFor('no page is read any more', async () => {
      const before = state.pages
      await new Promise((resolve) => setImmediate(resolve))
      return state.pages === before
    })
  })

  it('breaks the connection when the store fails in the middle: a half is never taken for the whole', async (t) => {
    const { store } = longList(100_000, (page) => {
      if (page === 40) throw new OrdermillError('STORE_UNAVAILABLE', 'the store is away')
    })
    const { app } = await openTestApi(t, { store })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const answer = await fetch(`${url}/api/v1/orders/export?format=ndjson`)
    assert.equal(answer.status, 200)
    await assert.rejects(answer.text(), /terminated/)
  })

  it('answers with a problem when the store fails at once, and keeps its place for nobody', async (t) => {
    const { store } = longList(10, (page) => {
      if (page <= 2) throw new OrdermillError('STORE_UNAVAILABLE', 'the store is away')
    })
    const { call, app } = await openTestApi(t, { store, settings: { limits: { exportsMax: 1 } } })
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const refused = await call({ url: '/api/v1/orders/export' })
      assert.deepEqual([refused.status, refused.json(problem).code], [503, 'STORE_UNAVAILABLE'])
      assert.equal(refused.headers['content-disposition'], undefined)
    }
    assert.equal((await app.inject({ url: '/api/v1/orders/export' })).statusCode, 200)
  })

  it('breaks off what runs when the server stops', async (t) => {
    const { store } = longList(Number.MAX_SAFE_INTEGER)
    const { app } = await openTestApi(t, { store })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const answer = await fetch(`${url}/api/v1/orders/export`)
    const read = assert.rejects(answer.text(), /terminated|string longer/)
    await app.close()
    await read
  })
})

describe('GET /api/v1/dead-letters/export', () => {
  it('defuses what a spreadsheet would run, and keeps numbers as they are', async (t) => {
    const api = await openTestApi(t)
    const topic = 'orders.analytics-group.dlq'
    const messages = ['=HYPERLINK("http://evil","x")', '+1', '-1', '@SUM(A1)', '\t=1', 'harmless, "quoted"\nnext line']
    const letters = messages.map((message, offset) => ({
      kind: 'dead-letter' as const,
      offset,
      letter: {
        group: 'analytics-group',
        topic: 'orders',
        partition: 0,
        offset,
        letter: { topic, partition: 0, offset },
        code: 'RECORD_INVALID',
        message,
        stage: 'decode',
        deliveryCount: 1,
        firstFailedAtMs: noonMs,
        timestampMs: noonMs + offset,
        orderId: 7,
        redriveCount: 0,
      },
    }))
    const claim = await api.store.claim(viewShard({ topic }), 'test')
    await api.store.applyViews(claim, letters, progressTo(letters.length))
    const url = '/api/v1/dead-letters/export?group=analytics-group'
    const { payload } = await api.app.inject({ url })
    const rows = parse<Record<string, string>>(payload, { columns: true })
    const shown = rows.map(({ message }) => message).toReversed()
    assert.deepEqual(shown, [...messages.slice(0, -1).map((message) => `'${message}`), messages.at(-1)])
    assert.deepEqual(
      rows.map(({ offset, order_id: id }) => [offset, id]),
      messages.map((_, index) => [`${messages.length - 1 - index}`, '7']),
    )
    const window = `from=${new Date(noonMs + 1).toISOString()}&to=${new Date(noonMs + 3).toISOString()}`
    const some = await api.app.inject({ url: `${url}&${window}&state=open&order_id=7` })
    assert.equal(parse(some.payload, { columns: true }).length, 2)
    const none = await api.app.inject({ url: '/api/v1/dead-letters/export?group=fraud-group&format=ndjson' })
    assert.equal(none.payload, '')
  })
})
