import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { acceptedOrders, type AcceptedOrder, problem } from '../../src/api/contract.ts'
import { textOf } from '../../src/codec/bytes.ts'
import { OrdermillError } from '../../src/errors.ts'
import type { Log } from '../../src/ports/log.ts'
import { anOrderBody, openTestApi, postOf } from '../support/api.ts'

async function recordsOf(log: Log): Promise<readonly { json: string; eventId: string; key: string }[]> {
  const range = { topic: 'orders', offset: 0, recordsMax: 5000, bytesMax: 50_000_000 }
  const pages = await Promise.all([0, 1].map((partition) => log.read({ ...range, partition })))
  return pages
    .flatMap(({ records }) => records)
    .map(({ key, value, headers }) => ({
      key: textOf(key ?? new Uint8Array()),
      json: textOf(value ?? new Uint8Array()),
      eventId: textOf(headers.find(([name]) => name === 'event-id')?.[1] ?? new Uint8Array()),
    }))
}

const noId = { customer_id: 1, amount: 5, currency: 'USD', country: 'DE' }

describe('POST /api/v1/orders', () => {
  it('appends one order byte for byte, and says where it is', async (t) => {
    const { call, log } = await openTestApi(t)
    const body = ` ${JSON.stringify({ ...anOrderBody, note: 'é' }).replace('19.99', '19.990')} `
    const answer = await call(postOf(body))
    assert.equal(answer.status, 202)
    assert.equal(answer.headers['location'], '/api/v1/orders/7')
    assert.equal(answer.json(acceptedOrders).orders[0]?.order_id, 7)
    const [record] = await recordsOf(log)
    assert.equal(record?.json, body)
    assert.equal(record?.key, '7')
    assert.match(record?.eventId ?? '', /^http\/[0-9a-f-]{36}\/0$/)
  })

  it('gives ids, and fills in what may be left out, above every id that it gave before', async (t) => {
    const clock = () => Date.UTC(2026, 4, 5)
    const { call, log } = await openTestApi(t, { clock })
    const first = await call(postOf(noId))
    const batch = await call(
      postOf({ orders: [noId, { ...anOrderBody, order_id: 900 }, { ...noId, status: 'CONFIRMED' }] }),
    )
    assert.deepEqual([first.status, batch.status], [202, 202])
    assert.equal(batch.headers['location'], '/api/v1/orders')
    const ids = [first, batch].flatMap((answer) => answer.json(acceptedOrders).orders.map((order) => order.order_id))
    assert.equal(new Set(ids).size, 4)
    assert.equal(ids[2], 900)
    const jsons = (await recordsOf(log)).map(({ json }) => JSON.parse(json) as Record<string, unknown>)
    const given = jsons.find((order) => order['order_id'] === ids[0])
    assert.deepEqual(given, {
      ...noId,
      order_id: ids[0],
      status: 'CREATED',
      created_at: '2026-05-05T00:00:00.000Z',
      source: 'api',
    })
    assert.equal(jsons.find((order) => order['order_id'] === ids[3])?.['status'], 'CONFIRMED')
  })

  it('gives ids above those that came before, although nobody has read their orders yet', async (t) => {
    const { call, countOrders, store } = await openTestApi(t)
    const chosen = (from: number) =>
      postOf({ orders: Array.from({ length: 50 }, (_, at) => ({ ...anOrderBody, order_id: from + at })) })
    const keyed = (key: string) => postOf(noId, { headers: { 'idempotency-key': key } })
    const ids = (...all: readonly number[]) => all.map((id) => ({ ...anOrderBody, order_id: id }))
    const greatest = Number.MAX_SAFE_INTEGER
    await call(chosen(1))
    const answers = [await call(postOf(noId)), await call(keyed('a'))]
    await call(chosen(1_000))
    answers.push(await call(keyed('b')), await call(postOf({ orders: [noId, ...ids(2_000, greatest)] })))
    const [first = 0, second = 0, third = 0, fourth = 0] = answers.map(
      (answer) => answer.json(acceptedOrders).orders[0]?.order_id,
    )
    assert.ok(first > 50 && second > first && second < 1_000, `${first} ${second}`)
    assert.ok(third > 1_049 && fourth > 2_000 && fourth < 3_000, `${third} ${fourth}`)
    await countOrders()
    assert.equal((await store.totals()).totals.overall.orderCount, 106)
  })

  it('keeps the digits of extra fields that no double can hold', async (t) => {
    const { call, log, countOrders } = await openTestApi(t)
    const order = JSON.stringify({ ...anOrderBody, ref: 0 }).replace(
      '"ref":0',
      '"ref":12345678901234567890,"big":1e400',
    )
    assert.equal((await call(postOf(`{"orders":[${order}]}`))).status, 202)
    assert.match((await recordsOf(log))[0]?.json ?? '', /"ref":12345678901234567890,"big":1e400/)
    await countOrders()
    assert.match((await call({ url: '/api/v1/orders/7' })).text, /"ref":12345678901234567890,"big":1e400/)
  })

  it('takes all of a batch or nothing, and points at every issue', async (t) => {
    const { call, log } = await openTestApi(t)
    const answer = await call(postOf({ orders: [anOrderBody, { ...anOrderBody, amount: -1, country: 'XX' }] }))
    assert.equal(answer.status, 422)
    assert.equal(answer.json(problem).code, 'RECORD_INVALID')
    const pointers = answer.json(problem).errors?.map(({ pointer }) => pointer)
    assert.deepEqual(pointers, ['/orders/1/amount', '/orders/1/country'])
    assert.deepEqual(await recordsOf(log), [])
  })

  it('takes 1 to 1,000 orders and nothing beside them', async (t) => {
    const { call } = await openTestApi(t)
    const many = (length: number) => Array.from({ length }, (_, index) => ({ ...anOrderBody, order_id: index + 1 }))
    assert.equal((await call(postOf({ orders: many(1000) }))).status, 202)
    for (const bad of [
      { orders: [] },
      { orders: many(1001) },
      { orders: many(1), more: 1 },
      { orders: 5 },
      { orders: [null] },
    ]) {
      const answer = await call(postOf(bad))
      assert.deepEqual([answer.status, answer.json(problem).code], [400, 'REQUEST_INVALID'])
    }
  })

  it('answers a repetition with the same key as the first time, and appends nothing', async (t) => {
    const { call, log } = await openTestApi(t)
    const post = postOf({ orders: [noId, noId] }, { headers: { 'idempotency-key': 'key-1' } })
    const first = await call(post)
    const second = await call(post)
    assert.deepEqual(second.text, first.text)
    const eventIds = (await recordsOf(log)).map(({ eventId }) => eventId)
    assert.deepEqual(eventIds.toSorted(), ['http/key-1/0', 'http/key-1/1'])
    const other = await call(postOf(anOrderBody, { headers: { 'idempotency-key': 'key-1' } }))
    assert.deepEqual([other.status, other.json(problem).code], [422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  it('makes one order of a parallel double submit', async (t) => {
    const { call, log } = await openTestApi(t)
    const post = postOf(noId, { headers: { 'idempotency-key': 'double' } })
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(post)))
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
    assert.equal((await recordsOf(log)).length, 1)
  })

  it('appends the very same records when the first answer was never stored', async (t) => {
    // The process died between the append and `complete`: ids and times come from what was remembered before it.
    const api = await openTestApi(t)
    const dying = { ...api.store, complete: () => Promise.reject(new OrdermillError('STORE_UNAVAILABLE', 'gone')) }
    const broken = await openTestApi(t, { log: api.log, store: dying })
    const post = postOf(noId, { headers: { 'idempotency-key': 'k' } })
    assert.equal((await broken.call(post)).status, 503)
    assert.equal((await api.call(post)).status, 202)
    const records = await recordsOf(api.log)
    assert.equal(records.length, 2)
    assert.deepEqual(records[0], records[1])
  })

  it('refuses a malformed Idempotency-Key', async (t) => {
    const { call } = await openTestApi(t)
    for (const key of ['', 'a b', 'x'.repeat(256)]) {
      const answer = await call(postOf(anOrderBody, { headers: { 'idempotency-key': key } }))
      assert.equal(answer.status, 400, JSON.stringify(key))
    }
  })
})

describe('POST /api/v1/orders?wait=analytics', () => {
  const url = '/api/v1/orders?wait=analytics'

  it('answers when the totals include every order of the request', async (t) => {
    const { call, countOrders, store, log } = await openTestApi(t)
    const waiting = call(postOf({ orders: [noId, anOrderBody] }, { url }))
    while ((await recordsOf(log)).length < 2) await new Promise(setImmediate)
    await countOrders()
    const answer = await waiting
    assert.equal(answer.status, 202)
    assert.equal(answer.json(acceptedOrders).counted, true)
    assert.equal((await store.totals()).totals.overall.orderCount, 2)
  })

  it('says of each order whether it was counted, or refused as a conflict', async (t) => {
    const { call, countOrders, log } = await openTestApi(t)
    const other = { ...anOrderBody, amount: 20 }
    await call(postOf(anOrderBody))
    const confirmed = { ...anOrderBody, status: 'CONFIRMED' }
    const waiting = call(postOf({ orders: [anOrderBody, confirmed, other, { ...anOrderBody, order_id: 8 }] }, { url }))
    while ((await recordsOf(log)).length < 5) await new Promise(setImmediate)
    await countOrders()
    const { counted, orders } = (await waiting).json(acceptedOrders)
    assert.equal(counted, false)
    assert.deepEqual(
      orders.map((order) => [order.counted, order.code]),
      [
        [true, undefined],
        [true, undefined],
        [false, 'ORDER_ID_CONFLICT'],
        [true, undefined],
      ],
    )
  })

  it('names the accepted orders when the store goes away while it looks', async (t) => {
    const api = await openTestApi(t)
    const findOrder = () => Promise.reject(new OrdermillError('STORE_UNAVAILABLE', 'away'))
    const { call } = await openTestApi(t, { log: api.log, store: { ...api.store, findOrder } })
    const waiting = call(postOf(anOrderBody, { url }))
    while ((await recordsOf(api.log)).length < 1) await new Promise(setImmediate)
    await api.countOrders()
    const { code, accepted } = (await waiting).json(problem)
    assert.deepEqual([code, accepted], ['STORE_UNAVAILABLE', 1])
  })

  it('accepts nothing when too many wait already, and gives places back', async (t) => {
    const { call, log, countOrders } = await openTestApi(t, { settings: { limits: { waitersMax: 1 } } })
    const first = call(postOf(noId, { url }))
    while ((await recordsOf(log)).length < 1) await new Promise(setImmediate)
    const refused = await call(postOf(noId, { url }))
    assert.deepEqual([refused.status, refused.json(problem).code], [503, 'SERVER_UNAVAILABLE'])
    assert.equal((await recordsOf(log)).length, 1)
    await countOrders()
    assert.equal((await first).status, 202)
    assert.equal((await call(postOf(noId, { url: `${url}&wait_ms=1` }))).status, 504)
    assert.equal((await call(postOf({}, { url }))).status, 422)
    assert.equal((await call(postOf(noId, { url: `${url}&wait_ms=1` }))).status, 504)
  })

  it('says 504 with the accepted orders when time is over', async (t) => {
    const { call } = await openTestApi(t)
    const answer = await call(postOf(anOrderBody, { url: `${url}&wait_ms=30` }))
    assert.equal(answer.status, 504)
    const { code, accepted, orders } = answer.json(problem)
    assert.deepEqual([code, accepted], ['WAIT_TIMEOUT', 1])
    assert.equal((orders?.[0] as AcceptedOrder | undefined)?.order_id, 7)
    assert.equal(answer.headers['location'], '/api/v1/orders/7')
  })

  it('waits 30 seconds at most, and for analytics alone', async (t) => {
    const { call } = await openTestApi(t)
    for (const query of ['&wait_ms=30001', '&wait=fraud', '&wait_ms=-1']) {
      assert.equal((await call(postOf(anOrderBody, { url: url + query }))).status, 400)
    }
  })
})
