import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { auditPage } from '../../src/api/contract/audit.ts'
import { paymentAction } from '../../src/api/contract/payment-actions.ts'
import { orderDetail, problem } from '../../src/api/contract.ts'
import type { Log } from '../../src/ports/log.ts'
import { openTestApi, postOf } from '../support/api.ts'
import { headerOf, orderRecord, retryTopicOfPayments } from '../support/order-json.ts'
import { openRig, type Rig, type RigOptions } from '../support/pipeline-rig.ts'

const suspicious = { amount: 500, country: 'DE', note: 'kept  as it is' }

async function openDecided(t: TestContext, options: RigOptions = {}, log: (rig: Rig) => Log = (rig) => rig.log) {
  const rig = await openRig({
    policy: 'billable',
    gateway: ({ key }) => (key === '2' ? 'DECLINED' : 'PAID'),
    ...options,
  })
  await rig.append(orderRecord(1, suspicious), orderRecord(2), orderRecord(3))
  await rig.run('payment', 'analytics')
  const openApi = () => openTestApi(t, { log: log(rig), store: rig.store })
  const api = await openApi()
  const decide = (orderId: number, action: string, body: object = {}, headers: Record<string, string> = {}) =>
    api.call(postOf(body, { url: `/api/v1/payments/${orderId}/${action}`, headers }))
  const audit = async () => (await api.call({ url: '/api/v1/audit' })).json(auditPage).items
  const outcomeOf = async (orderId: number) =>
    (await api.call({ url: `/api/v1/orders/${orderId}` })).json(orderDetail).payment?.outcome
  return { rig, api, openApi, decide, audit, outcomeOf }
}

const keyed = (key: string) => ({ 'idempotency-key': key })

describe('POST /api/v1/payments/{order_id}/{action}', () => {
  it('gives payment the order as it was received, and the audit log who did what and why, in one append', async (t) => {
    const appended: number[] = []
    const { rig, audit, decide, outcomeOf } = await openDecided(t, {}, ({ log }) => ({
      ...log,
      append(records) {
        appended.push(records.length)
        return log.append(records)
      },
    }))
    const answer = await decide(1, 'release', { reason: 'called the customer' })
    assert.equal(answer.status, 202)
    const taken = answer.json(paymentAction)
    assert.deepEqual([taken.from, taken.record], ['HELD', { topic: retryTopicOfPayments, partition: 0, offset: 0 }])
    assert.deepEqual(appended, [2])
    const [command] = await rig.records(retryTopicOfPayments)
    const [order] = await rig.records('orders')
    assert.deepEqual([command?.key, command?.value], [order?.key, order?.value])
    assert.equal(headerOf(command, 'x-ordermill-by'), 'loopback')
    await rig.run('payment')
    assert.equal(await outcomeOf(1), 'PAID')
    const [entry] = await audit()
    const { principal, action, target, from, reason } = entry ?? {}
    assert.deepEqual(
      [principal, action, target, from, reason],
      ['loopback', 'release', 'payment of order 1', 'HELD', 'called the customer'],
    )
  })

  it('rejects what is held, and retries what was declined', async (t) => {
    const { rig, decide, outcomeOf } = await openDecided(t)
    assert.equal((await decide(1, 'reject')).status, 202)
    assert.equal((await decide(2, 'retry')).status, 202)
    await rig.run('payment')
    assert.deepEqual([await outcomeOf(1), await outcomeOf(2)], ['DECLINED', 'PAID'])
  })

  it('refuses what would decide nothing, and writes nothing then', async (t) => {
    const { rig, decide } = await openDecided(t)
    const wrong = [
      [1, 'retry', 409, /HELD, and only what is DECLINED/],
      [2, 'release', 409, /DECLINED, and only what is HELD/],
      [3, 'reject', 409, /PAID, and only what is HELD/],
      [99, 'release', 404, /no payment of order 99/],
    ] as const
    for (const [orderId, action, status, detail] of wrong) {
      const answer = await decide(orderId, action)
      assert.equal(answer.status, status)
      assert.match(answer.json(problem).detail, detail)
    }
    assert.equal((await decide(1, 'refund')).status, 400)
    assert.deepEqual(await rig.records(retryTopicOfPayments), [])
    assert.deepEqual(await rig.records('ordermill-operations'), [])
  })

  it('charges no order that was cancelled since, also when only analytics knows', async (t) => {
    const { rig, decide } = await openDecided(t)
    const cancelled = { status: 'CANCELLED' }
    await rig.append(orderRecord(1, { ...suspicious, ...cancelled }), orderRecord(2, cancelled))
    await rig.run('analytics')
    for (const [orderId, action] of [
      [1, 'release'],
      [2, 'retry'],
    ] as const) {
      const { code, detail } = (await decide(orderId, action)).json(problem)
      assert.deepEqual([code, /CANCELLED/.test(detail)], ['STATE_CONFLICT', true])
    }
    assert.equal((await decide(1, 'reject')).status, 202)
  })

  it('takes the order from its document where the log has its record no more', async (t) => {
    const { rig, decide } = await openDecided(t, {}, ({ log }) => ({
      ...log,
      read: (range) => log.read({ ...range, offset: range.topic === 'orders' ? range.offset + 1_000 : range.offset }),
    }))
    assert.equal((await decide(1, 'release')).status, 202)
    const [command] = await rig.records(retryTopicOfPayments)
    const [order] = await rig.records('orders')
    assert.deepEqual([command?.key, command?.value], [order?.key, order?.value])
  })

  it('is one command for each Idempotency-Key, whatever became of it and whichever process is asked', async (t) => {
    const { rig, openApi, decide, audit } = await openDecided(t, { partitions: 3 })
    const [first, again] = await Promise.all([
      decide(2, 'retry', { reason: 'new card' }, keyed('k')),
      decide(2, 'retry', { reason: 'new card' }, keyed('k')),
    ])
    assert.equal(first.status, 202)
    assert.equal(again.text, first.text, 'at the same moment')
    await rig.run('payment')
    assert.equal((await decide(2, 'retry', { reason: 'new card' }, keyed('k'))).text, first.text, 'once it is paid')
    const restarted = await openApi()
    const url = '/api/v1/payments/2/retry'
    const late = await restarted.call(postOf({ reason: 'new card' }, { url, headers: keyed('k') }))
    assert.equal(late.text, first.text, 'of a process that begins')
    assert.equal((await rig.records(retryTopicOfPayments)).length, 1)
    assert.equal((await audit()).length, 1)
    assert.equal((await decide(2, 'retry', {}, keyed('other'))).status, 409)
  })

  it('refuses an Idempotency-Key that came with another decision, and writes nothing then', async (t) => {
    const { rig, decide } = await openDecided(t)
    const reason = 'called'
    assert.equal((await decide(1, 'release', { reason }, keyed('k'))).status, 202)
    const others = [
      [1, 'reject', { reason }],
      [2, 'release', { reason }],
      [1, 'release', {}],
      [1, 'release', { reason, created_at: '2026-01-02T03:04:05.678Z' }],
    ] as const
    for (const [orderId, action, body] of others) {
      const answer = await decide(orderId, action, body, keyed('k'))
      assert.deepEqual([answer.status, answer.json(problem).code], [422, 'IDEMPOTENCY_KEY_REUSED'])
    }
    assert.equal((await decide(1, 'release', {}, keyed('a b'))).status, 400)
    assert.equal((await rig.records(retryTopicOfPayments)).length, 1)
  })

  it('notes what comes twice without a key, and charges it once', async (t) => {
    const { rig, decide, audit, outcomeOf } = await openDecided(t)
    const answers = await Promise.all([decide(1, 'release'), decide(1, 'release')])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 202],
    )
    await rig.run('payment')
    assert.equal(await outcomeOf(1), 'PAID')
    assert.equal(rig.calls.filter(({ key }) => key === '1').length, 1)
    assert.equal((await audit()).length, 2)
  })

  it('is about the newest order where ids are used again, unless it is told which', async (t) => {
    const { rig, decide } = await openDecided(t, { reuse: 'replace', now: risingClock() })
    const older = '2026-01-02T03:04:05.678Z'
    await rig.append(orderRecord(1, { created_at: '2026-02-02T00:00:00.000Z' }))
    await rig.run('payment')
    assert.equal((await decide(1, 'release')).status, 409)
    assert.equal((await decide(1, 'release', { created_at: older })).status, 202)
    assert.equal((await decide(1, 'release', { created_at: '2020-01-01T00:00:00.000Z' })).status, 404)
  })
})

function risingClock(): () => number {
  let atMs = 1_000
  return () => (atMs += 1)
}
