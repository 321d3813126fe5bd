import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { acceptedOrders, readiness, session } from '../../src/api/contract.ts'
import { anOrderBody, openTestApi, postOf, type TestApi } from '../support/api.ts'

const secrets = { viewer: 'viewer-token', operator: 'operator-token' } as const
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const tokens = [
  { role: 'viewer', sha256: sha256(secrets.viewer) },
  { role: 'operator', sha256: sha256(secrets.operator) },
] as const

/** Which callers each route lets in, written down apart from the routes. */
const open = ['nobody', 'viewer', 'operator']
const reading = ['viewer', 'operator']
const operating = ['operator']
const matrix: Readonly<Record<string, readonly string[]>> = {
  'GET /healthz': open,
  'GET /livez': open,
  'GET /readyz': open,
  'GET /api/analytics': open,
  'GET /api/v1/session': open,
  'POST /api/v1/session': open,
  'DELETE /api/v1/session': open,
  'GET /metrics': reading,
  'GET /api/openapi.json': reading,
  'GET /api/v1/openapi.json': reading,
  'GET /api/v1/totals': reading,
  'GET /api/v1/series': reading,
  'GET /api/v1/orders': reading,
  'GET /api/v1/orders/export': reading,
  'GET /api/v1/orders/{order_id}': reading,
  'GET /api/v1/orders/{order_id}/journey': reading,
  'GET /api/v1/reconciliation': reading,
  'GET /api/v1/payments': reading,
  'GET /api/v1/payments/export': reading,
  'GET /api/v1/alerts': reading,
  'GET /api/v1/alerts/export': reading,
  'GET /api/v1/dead-letters': reading,
  'GET /api/v1/dead-letters/export': reading,
  'GET /api/v1/dead-letters/{id}': reading,
  'GET /api/v1/topics': reading,
  'GET /api/v1/topics/{topic}/records': reading,
  'GET /api/v1/groups': reading,
  'GET /api/v1/system': reading,
  'GET /api/v1/stream': reading,
  'GET /api/v1/jobs': reading,
  'GET /api/v1/jobs/{id}': reading,
  'GET /api/v1/jobs/{id}/differences': reading,
  'GET /api/v1/audit': reading,
  'POST /api/v1/jobs': operating,
  'POST /api/v1/jobs/{id}/cancel': operating,
  'POST /api/v1/groups/{group}/pause': operating,
  'POST /api/v1/groups/{group}/resume': operating,
  'POST /api/v1/groups/{group}/seek/preview': operating,
  'POST /api/v1/groups/{group}/seek': operating,
  'POST /api/v1/dead-letters/redrive/preview': operating,
  'POST /api/v1/dead-letters/redrive': operating,
  'POST /api/v1/orders': operating,
  'POST /api/v1/payments/{order_id}/{action}': operating,
}

const callers = {
  nobody: {},
  viewer: { authorization: `Bearer ${secrets.viewer}` },
  operator: { authorization: `Bearer ${secrets.operator}` },
} as const

function routesOf({ app }: TestApi): readonly string[] {
  return Object.entries<object | undefined>(app.swagger().paths ?? {}).flatMap(([path, methods]) =>
    Object.keys(methods ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
  )
}

describe('access with tokens', () => {
  it('lets each caller into exactly the routes of its role', async (t) => {
    // A stream has no end that `inject` could wait for: with no place left its answer is a problem.
    const api = await openTestApi(t, { settings: { tokens, limits: { streamClientsMax: 0 } } })
    assert.deepEqual(routesOf(api).toSorted(), Object.keys(matrix).toSorted())
    for (const [route, allowed] of Object.entries(matrix)) {
      for (const [name, headers] of Object.entries(callers)) {
        const [method, path = ''] = route.split(' ')
        const url = path.replaceAll(/\{[^}]*\}/g, '1')
        const token = { token: secrets.viewer }
        const body = path.endsWith('session') ? token : anOrderBody
        const request = method === 'POST' ? postOf(body, { url, headers }) : { method: method as 'GET', url, headers }
        const { status } = await api.call(request)
        const isIn = status !== 401 && status !== 403
        assert.equal(isIn, allowed.includes(name), `${name} ${route}: ${status}`)
        if (!isIn) assert.equal(status, name === 'nobody' ? 401 : 403, `${name} ${route}`)
      }
    }
  })

  it('asks HEAD for the same role as GET', async (t) => {
    const { call } = await openTestApi(t, { settings: { tokens } })
    assert.equal((await call({ method: 'HEAD', url: '/api/v1/totals' })).status, 401)
  })

  it('refuses tokens that are wrong, empty or malformed', async (t) => {
    const { call } = await openTestApi(t, { settings: { tokens } })
    for (const authorization of [
      'Bearer nope',
      'Bearer ',
      'Basic dmlld2Vy',
      secrets.viewer,
      `Bearer ${tokens[0].sha256}`,
    ]) {
      const { status, headers, text } = await call({ url: '/api/v1/totals', headers: { authorization } })
      assert.equal(status, 401, authorization)
      assert.equal(headers['www-authenticate'], 'Bearer')
      assert.match(text, authorization === 'Bearer nope' ? /the token that came is none of/ : /token/)
    }
  })

  it('logs a page in with a cookie that scripts and other sites can not use, and out again', async (t) => {
    const { call } = await openTestApi(t, { settings: { tokens } })
    const login = await call(postOf({ token: secrets.viewer }, { url: '/api/v1/session' }))
    assert.deepEqual(login.json(session), { role: 'viewer', tokens_required: true })
    const cookie = String(login.headers['set-cookie'])
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/']) assert.ok(cookie.includes(attribute), cookie)
    const headers = { cookie: `other=1; ${cookie.split(';', 1)[0]}` }
    assert.equal((await call({ url: '/api/v1/totals', headers })).status, 200)
    assert.equal((await call({ url: '/api/v1/session', headers })).json(session).role, 'viewer')
    const logout = await call({ method: 'DELETE', url: '/api/v1/session', headers })
    assert.equal(logout.status, 204)
    assert.match(String(logout.headers['set-cookie']), /^ordermill_session=;.*Max-Age=0/)
    const wrong = await call(postOf({ token: 'wrong' }, { url: '/api/v1/session' }))
    assert.deepEqual([wrong.status, wrong.headers['set-cookie']], [401, undefined])
  })

  it('refuses to log in with what no cookie can hold', async (t) => {
    for (const given of [[], tokens]) {
      const { call } = await openTestApi(t, { settings: { tokens: given } })
      const { status } = await call(postOf({ token: '\ud800' }, { url: '/api/v1/session' }))
      assert.equal(status, 401)
    }
  })

  it('marks the cookie as secure behind a proxy that ends TLS, when that proxy is trusted', async (t) => {
    const headers = { 'x-forwarded-proto': 'https' }
    const post = postOf({ token: secrets.viewer }, { url: '/api/v1/session', headers })
    for (const trustedProxies of [0, 1]) {
      const { call } = await openTestApi(t, { settings: { tokens, trustedProxies } })
      assert.equal(String((await call(post)).headers['set-cookie']).includes('Secure'), trustedProxies === 1)
    }
  })

  it('keeps the same idempotency key of two callers apart', async (t) => {
    const two = [...tokens, { role: 'operator', sha256: sha256('second') } as const]
    const { call } = await openTestApi(t, { settings: { tokens: two } })
    const post = (token: string) =>
      call(
        postOf(
          { ...anOrderBody, order_id: undefined },
          { headers: { 'idempotency-key': 'k', authorization: `Bearer ${token}` } },
        ),
      )
    const [first, second] = [await post(secrets.operator), await post('second')]
    assert.notEqual(first.json(acceptedOrders).orders[0]?.order_id, second.json(acceptedOrders).orders[0]?.order_id)
  })

  it('slows down guesses at the log-in', async (t) => {
    const { call } = await openTestApi(t, { settings: { tokens, limits: { loginsPerMinuteMax: 2 } } })
    const guess = () => call(postOf({ token: 'guess' }, { url: '/api/v1/session' }))
    assert.deepEqual([(await guess()).status, (await guess()).status, (await guess()).status], [401, 401, 429])
  })
})

describe('/readyz with tokens', () => {
  it('tells strangers names and states alone, and what is wrong to those with a role', async (t) => {
    const health = () => Promise.resolve([{ name: 'payment', ok: false, detail: 'can not open /var/secret' }])
    const { call } = await openTestApi(t, { health, settings: { tokens } })
    const checksFor = async (headers: Record<string, string>) =>
      (await call({ url: '/readyz', headers })).json(readiness)
    const { checks } = await checksFor(callers.nobody)
    assert.deepEqual(checks, [{ name: 'payment', status: 'failed' }])
    assert.equal((await checksFor(callers.viewer)).checks[0]?.detail, 'can not open /var/secret')
  })
})

describe('access without tokens', () => {
  // Probes are let in under any name, and without tokens everybody has a role: a page whose name was pointed here read it all.
  it('tells a probe by a foreign name the states of /readyz, and what is wrong by a known name alone', async (t) => {
    const health = () => Promise.resolve([{ name: 'payment', ok: false, detail: 'can not open /var/secret' }])
    const { call } = await openTestApi(t, { health, settings: { allowedHosts: ['mill.example.com'] } })
    for (const [host, detail] of [
      ['evil.example.com', undefined],
      ['10.0.0.7:3000', undefined],
      ['mill.example.com', 'can not open /var/secret'],
      ['localhost:3000', 'can not open /var/secret'],
    ]) {
      const { status, json } = await call({ url: '/readyz', headers: { host } })
      assert.equal(status, 503)
      const check = { name: 'payment', status: 'failed' as const }
      assert.deepEqual(json(readiness).checks, [detail === undefined ? check : { ...check, detail }], host)
    }
  })

  it('takes everybody as operator', async (t) => {
    const { call } = await openTestApi(t)
    assert.deepEqual((await call({ url: '/api/v1/session' })).json(session), {
      role: 'operator',
      tokens_required: false,
    })
  })
})
