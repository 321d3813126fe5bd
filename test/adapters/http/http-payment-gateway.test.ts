import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { httpPaymentGateway, type HttpGatewayOptions } from '../../../src/adapters/http/http-payment-gateway.ts'
import { probeGateway } from '../../../src/adapters/http/probe-gateway.ts'
import { OrdermillError } from '../../../src/errors.ts'
import { openCharger } from '../../../src/services/charger.ts'
import { freePort } from '../../support/free-port.ts'
import { answerJson, startGateway, type AnswerRequest } from '../../support/gateway-server.ts'
import { anOrder, paymentFact } from '../../support/order-facts.ts'

const charge = { orderId: 7, amount: { currency: 'USD', minor: 99_999_999_999_999 }, country: 'DE' }
const nowMs = Date.UTC(2026, 0, 1)
const token = 'a-very-secret-token'
const never = new AbortController().signal

type Opened = Partial<Omit<HttpGatewayOptions, 'now'>>

async function openGateway(t: TestContext, answer?: AnswerRequest, options: Opened = {}) {
  const server = await startGateway(t, answer)
  const gateway = httpPaymentGateway({ url: server.url, token, timeoutMs: 5_000, now: () => nowMs, ...options })
  return { ...server, gateway, charged: (key = '7') => gateway(charge, key, never) }
}

async function failureOf(asked: Promise<unknown>): Promise<OrdermillError> {
  const error = await asked.then(
    (value) => assert.fail(`it answered ${String(value)}`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof OrdermillError, String(error))
  return error
}

const outcomes = [
  [200, { status: 'PAID' }, 'PAID'],
  [201, { status: 'PAID', id: 'ch_1' }, 'PAID'],
  [200, { status: 'DECLINED', reason: 'no funds' }, 'DECLINED'],
  [402, { error: 'no funds' }, 'DECLINED'],
  [422, { status: 'DECLINED' }, 'DECLINED'],
] as const
const passing = [408, 409, 425, 429, 500, 502, 503, 504, 599]
const refused = [
  [400, { error: 'no such currency' }, /answered 400 with "{\\"error\\":\\"no such currency/],
  [401, { error: `who is ${token}` }, /answered 401 .*\[secret\]/],
  [403, {}, /answered 403/],
  [404, {}, /answered 404/],
  [405, {}, /answered 405/],
  [422, { error: 'the key came with another charge' }, /answered 422/],
  [302, {}, /answered 302/],
  [307, {}, /answered 307/],
  [202, { status: 'PAID' }, /answered 202/],
  [204, undefined, /answered 204 without a body/],
  [200, { status: 'PENDING' }, /answered 200 with .*PENDING/],
  [200, { outcome: 'PAID' }, /no outcome of a charge/],
  [200, 'PAID', /no outcome of a charge/],
] as const

describe('the payment gateway over HTTP', () => {
  it('posts the charge with its exact amount, its key and the token', async (t) => {
    const { charged, requests } = await openGateway(t)
    assert.equal(await charged('7@1/topic-0-5'), 'PAID')
    const [{ method, path, headers, key, body } = assert.fail('no request')] = requests
    assert.deepEqual([method, path, key], ['POST', '/charges', '7@1/topic-0-5'])
    assert.deepEqual([headers['content-type'], headers.authorization], ['application/json', `Bearer ${token}`])
    assert.deepEqual(body, { order_id: 7, amount: 999_999_999_999.99, currency: 'USD', country: 'DE' })
  })

  it('sends no Authorization without a token', async (t) => {
    const { charged, requests } = await openGateway(t, undefined, { token: '' })
    await charged()
    assert.equal(requests[0]?.headers.authorization, undefined)
  })

  for (const [status, body, outcome] of outcomes) {
    it(`takes ${status} ${JSON.stringify(body)} for ${outcome}`, async (t) => {
      const { charged } = await openGateway(t, (_request, response) => answerJson(response, status, body))
      assert.equal(await charged(), outcome)
    })
  }

  for (const status of passing) {
    it(`takes ${status} for a failure that may pass`, async (t) => {
      const { charged } = await openGateway(t, (_request, response) => answerJson(response, status, {}))
      const { code, message, retryAfterMs } = await failureOf(charged())
      assert.deepEqual(
        [code, message.includes(`answered ${status}`), retryAfterMs],
        ['GATEWAY_UNAVAILABLE', true, undefined],
      )
    })
  }

  for (const [status, body, message] of refused) {
    it(`takes ${status} ${JSON.stringify(body) ?? ''} for no outcome, and says what was answered`, async (t) => {
      const { charged, requests } = await openGateway(t, (_request, response) => {
        const location = { location: '/elsewhere' }
        if (body === undefined) response.writeHead(status).end()
        else if (typeof body === 'string') response.writeHead(status).end(body)
        else answerJson(response, status, body, status < 400 ? location : {})
      })
      const error = await failureOf(charged())
      assert.equal(error.code, 'GATEWAY_REFUSED')
      assert.match(error.message, message)
      assert.ok(!error.message.includes(token))
      assert.equal(requests.length, 1)
    })
  }

  // Only the token and the decoded values of the query were masked: a 404 quoted the key in the path to every reader.
  it('tells no key of its path or query, whichever way the answer repeats it', async (t) => {
    const keys = ['SECRETKEY123', 'other%2Bkey', 'other+key', 'a%2Fb+c', 'a/b+c', 'a/b c', 'bare-key']
    const path = '/v1/SECRETKEY123/other%2Bkey/charges?key=a%2Fb+c&bare-key'
    const answers = [path, decodeURIComponent(path), ...keys].map((text) => `Cannot POST ${text}`)
    const server = await startGateway(t, (_request, response, count) => {
      response.writeHead(404).end(answers[count - 1])
    })
    const url = new URL(path, server.url).href
    const gateway = httpPaymentGateway({ url, token, timeoutMs: 5_000, now: () => nowMs })
    for (const answer of answers) {
      const { message } = await failureOf(gateway(charge, '7', never))
      assert.match(message, /answered 404 with "Cannot POST \[secret\]/, answer)
      for (const key of keys) assert.ok(!message.includes(key), message)
    }
  })

  it('quotes an answer as it is where the path has no key', async (t) => {
    const server = await startGateway(t, (_request, response) => response.writeHead(404).end('no /v1 here/'))
    for (const path of ['/', '/v1/pay']) {
      const gateway = httpPaymentGateway({
        url: new URL(path, server.url).href,
        token: '',
        timeoutMs: 5_000,
        now: () => nowMs,
      })
      assert.match((await failureOf(gateway(charge, '7', never))).message, /"no \/v1 here\/"/)
    }
  })

  it('waits as long as Retry-After says, in seconds or until a date, and half a minute at most', async (t) => {
    const waits = [
      ['2', 2_000],
      [new Date(nowMs + 5_000).toUTCString(), 5_000],
      [new Date(nowMs - 5_000).toUTCString(), 0],
      ['3600', 30_000],
      ['soon', undefined],
    ] as const
    const { charged } = await openGateway(t, (_request, response, count) =>
      answerJson(response, 429, {}, { 'retry-after': waits[count - 1]?.[0] }),
    )
    for (const [, waitMs] of waits) assert.equal((await failureOf(charged())).retryAfterMs, waitMs)
  })

  it('gives up a call that is not answered in time, or not to its end', async (t) => {
    const { charged, requests } = await openGateway(
      t,
      (_request, response, count) => {
        if (count === 2) response.writeHead(200, { 'content-type': 'application/json' }).write('{"status":')
      },
      { timeoutMs: 200 },
    )
    for (const what of ['no answer', 'half an answer']) {
      const { code, message } = await failureOf(charged())
      assert.deepEqual([code, /within 200 ms/.test(message)], ['GATEWAY_UNAVAILABLE', true], what)
    }
    assert.equal(requests.length, 2)
  })

  it('hangs up on an answer that is too long, and takes it for none', async (t) => {
    const hungUp = Promise.withResolvers<void>()
    const { charged } = await openGateway(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.once('close', hungUp.resolve)
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(16_384)));
        response.once('drain', more)
      }
      more()
    })
    const { code, message } = await failureOf(charged())
    assert.deepEqual([code, /more than 64 KiB/.test(message)], ['GATEWAY_REFUSED', true])
    await hungUp.promise
  })

  it('asks again with the same key when the connection broke behind the charge: one charge', async (t) => {
    const charges = new Map<string, number>()
    const { gateway, requests } = await openGateway(t, ({ key }, response, count) => {
      charges.set(key, 1)
      if (count === 1) response.socket?.resetAndDestroy()
      else answerJson(response, 200, { status: 'PAID' })
    })
    const charger = openCharger({
      gateway,
      limit: (task) => task(),
      now: () => nowMs,
      sleep: () => Promise.resolve(),
      random: () => 0,
    })
    const settled = await charger(paymentFact(anOrder(1), 0), never)
    assert.equal(settled.kind === 'settled' && settled.outcome, 'PAID')
    assert.deepEqual([[...charges.keys()], requests.length], [['1'], 2])
    const [attempt, ...others] = settled.kind === 'settled' ? (settled.attempts ?? []) : []
    assert.match(attempt?.reason ?? '', /can't be talked to/)
    assert.deepEqual(others, [])
  })

  it('says so when nobody is there', async () => {
    const url = `http://127.0.0.1:${await freePort()}/charges`
    const gateway = httpPaymentGateway({ url, token: '', timeoutMs: 5_000, now: () => nowMs })
    const { code, message } = await failureOf(gateway(charge, '7', never))
    assert.deepEqual([code, /ECONNREFUSED/.test(message)], ['GATEWAY_UNAVAILABLE', true])
  })

  it('ends early, and not as a failure of the gateway, when the partition is lost', async (t) => {
    const lost = new AbortController()
    const { gateway } = await openGateway(t, () => lost.abort())
    await assert.rejects(gateway(charge, '7', lost.signal), { name: 'AbortError' })
  })

  it('uses its connections again, after declines and failures too', async (t) => {
    const statuses = Array.from({ length: 20 }, () => [200, 402, 503, 429, 400]).flat()
    const { charged, connections } = await openGateway(t, (_request, response, count) =>
      answerJson(response, statuses[count - 1] ?? 200, { status: 'PAID' }),
    )
    for (const status of statuses) await charged(`${status}`).catch(() => {})
    // One may be used by the next call before it is given back by the one before.
    assert.ok(connections() <= 2, `${connections()} connections`)
  })

  it('is looked for without a charge, a path and a token', async (t) => {
    const { url, requests } = await openGateway(t, (_request, response) => response.writeHead(404).end())
    assert.equal(await probeGateway(new URL(url).origin, 5_000), 404)
    const [{ method, path, headers, body } = assert.fail('no request')] = requests
    assert.deepEqual([method, path, headers.authorization, body], ['HEAD', '/', undefined, undefined])
  })
})
