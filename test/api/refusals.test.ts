import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { orderDetail, problem } from '../../src/api/contract.ts'
import { httpStatusByCode } from '../../src/api/problem.ts'
import { errorCodes, OrdermillError } from '../../src/errors.ts'
import { anOrderBody, openTestApi, postOf, type Answer, type TestApi } from '../support/api.ts'
import { waitFor } from '../support/wait-for.ts'

function assertProblem(answer: Answer, status: number, code: string, label = ''): void {
  const found = answer.json(problem)
  assert.deepEqual([answer.status, found.code, found.status], [status, code, status], `${label} ${answer.text}`)
  assert.equal(String(answer.headers['content-type']).split(';')[0], 'application/problem+json')
}

describe('refusals', () => {
  it('are problem documents for what has no route, no JSON, no type, or too much of it', async (t) => {
    const { call } = await openTestApi(t)
    const typed = (type: string | undefined, payload: string) => ({
      method: 'POST' as const,
      url: '/api/v1/orders',
      payload,
      headers: type === undefined ? {} : { 'content-type': type },
    })
    assertProblem(await call({ url: '/api/v1/nothing' }), 404, 'NOT_FOUND')
    assertProblem(await call({ method: 'PUT', url: '/api/v1/orders' }), 404, 'NOT_FOUND')
    assertProblem(await call(typed('application/json', '{"order_id":')), 400, 'REQUEST_INVALID')
    assertProblem(await call(typed('application/json', '')), 400, 'REQUEST_INVALID')
    assertProblem(await call(typed(undefined, '{}')), 415, 'REQUEST_INVALID')
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      assertProblem(await call(typed(type, '{}')), 415, 'REQUEST_INVALID', type)
    }
    assertProblem(await call(typed('application/json', ' '.repeat(4 * 1024 * 1024 + 1))), 413, 'RECORD_TOO_LARGE')
    assertProblem(await call({ url: '/api/v1/orders/0' }), 400, 'REQUEST_INVALID')
    assertProblem(await call({ url: '/api/v1/orders/12345' }), 404, 'NOT_FOUND')
    assertProblem(await call({ url: '/api/v1/dead-letters/none' }), 404, 'NOT_FOUND')
    assertProblem(await call({ url: '/%c0' }), 400, 'REQUEST_INVALID')
  })

  it('name each member of the query that is unknown or wrong', async (t) => {
    const { call } = await openTestApi(t)
    const wrong = {
      '/api/v1/orders?limit=0': '/limit',
      '/api/v1/orders?limit=1001': '/limit',
      '/api/v1/orders?limit=': '/limit',
      '/api/v1/orders?limit=1.5': '/limit',
      '/api/v1/orders?limit=true': '/limit',
      '/api/v1/orders?limit=1&limit=2': '/limit',
      '/api/v1/orders?colour=red': '/colour',
      '/api/v1/orders?sort=random': '/sort',
      '/api/v1/orders?country=us': '/country',
      '/api/v1/orders?currency=ZZZ': '/currency',
      '/api/v1/orders?created_from=yesterday': '/created_from',
      '/api/v1/orders?amount_min=-1': '/amount_min',
      '/api/v1/series?step=90': '/step',
      '/api/v1/series?step=60&from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z': '/from',
      '/api/v1/series?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z': '/from',
      '/api/v1/payments?outcome=REFUNDED': '/outcome',
      "/api/v1/alerts?cursor=' OR 1=1 --": undefined,
      '/api/v1/alerts?__proto__=1': '/__proto__',
    }
    for (const [url, pointer] of Object.entries(wrong)) {
      const answer = await call({ url })
      assertProblem(answer, 400, 'REQUEST_INVALID', url)
      if (pointer) assert.equal(answer.json(problem).errors?.[0]?.pointer, pointer, url)
    }
  })

  it('cover every error code with an HTTP status', () => {
    for (const code of errorCodes) assert.ok(httpStatusByCode[code] >= 400, code)
  })

  it('say nothing of an unexpected failure but where to look', async (t) => {
    const failing = () => Promise.reject(new Error('secret at /home/someone/file.ts'))
    const { call } = await openTestApi(t, { health: failing })
    const answer = await call({ url: '/readyz' })
    assertProblem(answer, 500, 'INTERNAL')
    assert.doesNotMatch(answer.text, /secret|\.ts|stack/)
  })

  it('say 503 with Retry-After while the store is away, and as the contract wants it for analytics', async (t) => {
    const { store } = await openTestApi(t)
    const gone = () => Promise.reject(new OrdermillError('STORE_UNAVAILABLE', 'the store does not answer'))
    const { call } = await openTestApi(t, { store: { ...store, searchOrders: gone, totals: gone, version: gone } })
    for (const url of ['/api/v1/totals', '/api/v1/orders', '/api/analytics']) {
      const answer = await call({ url })
      assertProblem(answer, 503, 'STORE_UNAVAILABLE', url)
      assert.equal(answer.headers['retry-after'], '1')
    }
    assert.equal((await call({ url: '/api/analytics' })).json(problem).error, 'the store does not answer')
  })
})

describe('the server among strangers', () => {
  it('answers only to names that are its own', async (t) => {
    const { call } = await openTestApi(t, { settings: { allowedHosts: ['orders.example.com'] } })
    const ask = async (host: string) => (await call({ url: '/api/v1/totals', headers: { host } })).status
    for (const host of ['localhost:8000', '127.0.0.1', '[::1]:8000', 'orders.example.com', 'ORDERS.example.com:443']) {
      assert.equal(await ask(host), 200, host)
    }
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1', 'a b']) {
      assert.equal(await ask(host), 403, host)
    }
    for (const url of ['/healthz', '/livez', '/readyz']) {
      assert.equal((await call({ url, headers: { host: '10.0.0.1:8000' } })).status, 200, url)
    }
  })

  it('takes no change from a page of another site', async (t) => {
    const { call } = await openTestApi(t)
    const from = async (headers: Record<string, string>) => (await call(postOf(anOrderBody, { headers }))).status
    assert.equal(await from({ host: 'localhost:8000', origin: 'http://localhost:8000' }), 202)
    for (const origin of [
      'http://evil.example',
      'http://localhost:9999',
      'null',
      'https://localhost:8000.evil.example',
    ]) {
      assert.equal(await from({ host: 'localhost:8000', origin }), 403, origin)
    }
    assert.equal(await from({ 'sec-fetch-site': 'cross-site' }), 403)
  })

  it('answers no read that another site makes a browser send, but every link to the page', async (t) => {
    const { call } = await openTestApi(t)
    const from = async (url: string, site: string) => (await call({ url, headers: { 'sec-fetch-site': site } })).status
    for (const url of ['/api/v1/orders', '/api/v1/totals', '/api/v1/session']) {
      assert.equal(await from(url, 'cross-site'), 403, url)
      for (const site of ['same-origin', 'none']) assert.equal(await from(url, site), 200, `${url} ${site}`)
    }
    assert.equal(await from('/orders', 'cross-site'), 503, 'the page, which is not built here')
    assert.equal((await call({ url: '/api/v1/totals' })).status, 200, 'a program')
  })

  it('sends the headers that keep a page safe, and no CORS', async (t) => {
    const { call } = await openTestApi(t)
    const { headers } = await call({ url: '/api/v1/totals', headers: { origin: 'http://evil.example' } })
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/)
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['access-control-allow-origin'], undefined)
    assert.equal(headers['cache-control'], 'no-store')
  })

  it('limits requests by address, whatever X-Forwarded-For claims, and probes never', async (t) => {
    const limits = { rateLimitPerMinute: 2, rateLimitLoopbackPerMinute: 3 }
    const { call } = await openTestApi(t, { settings: { limits } })
    const ask = (remoteAddress: string, forged: string) =>
      call({ url: '/api/v1/totals', remoteAddress, headers: { 'x-forwarded-for': forged } })
    const statuses = []
    for (const forged of ['1.1.1.1', '2.2.2.2', '127.0.0.1']) statuses.push((await ask('203.0.113.9', forged)).status)
    assert.deepEqual(statuses, [200, 200, 429])
    const refused = await ask('203.0.113.9', '4.4.4.4')
    assertProblem(refused, 429, 'RATE_LIMITED')
    assert.ok(Number(refused.headers['retry-after']) > 0)
    assert.equal((await ask('203.0.113.10', '1.1.1.1')).status, 200)
    assert.equal((await call({ url: '/healthz', remoteAddress: '203.0.113.9' })).status, 200)
  })
})

/** Writes raw bytes to the listening server and resolves with all that it answers until it hangs up. */
async function rawAnswer(app: TestApi['app'], text: string): Promise<string> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk.toString()))
  socket.on('error', () => undefined)
  socket.write(text)
  await once(socket, 'close')
  return answer
}

describe('the server under abuse', () => {
  const limits = { headersTimeoutMs: 200, requestTimeoutMs: 400, timeoutCheckMs: 50 }

  it('hangs up on headers and bodies that drip in, with 408', async (t) => {
    const { app } = await openTestApi(t, { settings: { limits } })
    await app.listen({ port: 0, host: '127.0.0.1' })
    assert.match(await rawAnswer(app, 'GET /healthz HTTP/1.1\r\nHost: loc'), /^HTTP\/1.1 408[^]*REQUEST_INVALID/)
    const head = 'POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    assert.match(await rawAnswer(app, `${head}Content-Length: 100\r\n\r\n{"a`), /^HTTP\/1.1 408/)
    assert.equal((await app.inject('/healthz')).statusCode, 200)
  })

  it('hangs up on sockets that say nothing', async (t) => {
    const { app } = await openTestApi(t, { settings: { limits } })
    await app.listen({ port: 0, host: '127.0.0.1' })
    await rawAnswer(app, '')
  })

  it('hangs up on clients that do not read their answer', async (t) => {
    const metricsText = () => Promise.resolve('x'.repeat(50_000_000))
    const { app } = await openTestApi(t, { metricsText, settings: { limits: { stallTimeoutMs: 200 } } })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const deaf = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    t.after(() => deaf.destroy())
    deaf.on('error', () => undefined)
    deaf.pause()
    deaf.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const sockets = () => new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)))
    await waitFor('it is there', async () => (await sockets()) === 1)
    await waitFor('it is gone', async () => (await sockets()) === 0)
  })

  it('answers malformed HTTP and 20 KB of headers with problems', async (t) => {
    const { app } = await openTestApi(t)
    await app.listen({ port: 0, host: '127.0.0.1' })
    assert.match(await rawAnswer(app, 'NONSENSE\r\n\r\n'), /^HTTP\/1.1 400[^]*problem\+json/)
    const head = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`
    assert.match(await rawAnswer(app, head), /^HTTP\/1.1 431/)
  })

  it('refuses a body of 100 MB without reading it', async (t) => {
    const { app } = await openTestApi(t)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const headers = { 'content-type': 'application/json', 'content-length': 100_000_000 }
    const request = httpRequest({ port, host: '127.0.0.1', path: '/api/v1/orders', method: 'POST', headers })
    request.on('error', () => undefined)
    request.write('{')
    const [response] = (await once(request, 'response')) as [{ statusCode: number }]
    assert.equal(response.statusCode, 413)
    request.destroy()
  })

  it('stops reading a chunked body at the limit', async (t) => {
    const { app } = await openTestApi(t, { settings: { limits: { bodyBytesMax: 1000 } } })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const head = 'POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    const answer = rawAnswer(
      app,
      `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n7d0\r\n${' '.repeat(2000)}`,
    )
    assert.match(await answer, /^HTTP\/1.1 413/)
  })
})

describe('hostile orders', () => {
  const { order_id, ...rest } = anOrderBody
  const text = JSON.stringify(anOrderBody)
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  const corpus: Readonly<Record<string, string>> = {
    'a prototype': text.replace('{', '{"__proto__":{"isAdmin":true},'),
    'a nested prototype': text.replace('{', '{"more":{"__proto__":{"isAdmin":true}},'),
    'an escaped prototype': text.replace('{', '{"\\u005f_proto__":{"isAdmin":true},'),
    'a prototype in a batch': `{"orders":[${text.replace('{', '{"__proto__":{"isAdmin":true},')}]}`,
    'a prototype beside a batch': `{"__proto__":{"a":1},"orders":[${text}]}`,
    'infinity as amount': text.replace('19.99', '1e309'),
    NaN: text.replace('19.99', 'NaN'),
    'a negative amount': text.replace('19.99', '-19.99'),
    'three decimals': text.replace('19.99', '19.999'),
    'an amount as text': text.replace('19.99', '"19.99"'),
    'nesting of 100,000 levels': text.replace('{', `{"deep":${deep(100_000)},`),
    'nesting of 100 levels': text.replace('{', `{"deep":${deep(100)},`),
    'a list': `[${text}]`,
    null: 'null',
    'a huge id': text.replace('"order_id":7', '"order_id":9007199254740993'),
    'an id as text': text.replace('"order_id":7', '"order_id":"7"'),
    'no id but null': JSON.stringify({ ...rest, order_id: null }),
    'an extra field of 300 KB': JSON.stringify({ ...anOrderBody, note: 'x'.repeat(300_000) }),
    'SQL as country': JSON.stringify({ ...anOrderBody, country: "US'; DROP TABLE orders; --" }),
    'a time that is none': JSON.stringify({ ...anOrderBody, created_at: '2026-02-31T00:00:00Z' }),
  }

  for (const [name, body] of Object.entries(corpus)) {
    it(`are refused: ${name}`, async (t) => {
      const { call, log } = await openTestApi(t)
      const answer = await call(postOf(body))
      assert.ok([400, 413, 422].includes(answer.status), answer.text)
      assert.equal('isAdmin' in {}, false)
      const ends = (await log.topics()).flatMap(({ partitions }) => partitions.map(({ end }) => end))
      assert.deepEqual(ends, [0, 0])
    })
  }

  it('are refused: bytes that are not UTF-8', async (t) => {
    const { app } = await openTestApi(t)
    const payload = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    const headers = { 'content-type': 'application/json' }
    const { statusCode } = await app.inject({ method: 'POST', url: '/api/v1/orders', headers, payload })
    assert.equal(statusCode, 400)
  })

  it('keep harmless what only looks like an attack', async (t) => {
    const { call, countOrders } = await openTestApi(t)
    const order = {
      ...anOrderBody,
      constructor: { prototype: 1 },
      toString: "'; DROP TABLE orders; --",
      note: '\u2028\n',
    }
    assert.equal((await call(postOf(order))).status, 202)
    await countOrders()
    const document = (await call({ url: '/api/v1/orders/7' })).json(orderDetail).order?.document
    assert.deepEqual({ ...document, ...order }, document)
  })
})
