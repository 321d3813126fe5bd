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
  const api = await openTestApi(t, { log: log(rig), store: rig.store })
  const decide = (orderId: number, action: string, body: object = {}) =>
    api.call(postOf(body, { url: `/api/v1/payments/${orderId}/${action}` }))
  const outcomeOf = async (orderId: number) =>
    (await api.call({ url: `/api/v1/orders/${orderId}` })).json(orderDetail).payment?.outcome
  return { rig, api, decide, outcomeOf }
}

describe('POST /api/v1/payments/{order_id}/{action}', () => {
  it('gives payment the order as it was received, and the audit log who did what and why, in one append', async (t) => {
    const appended: number[] = []
    const { rig, api, decide, outcomeOf } = await openDecided(t, {}, ({ log }) => ({
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
    const [entry] = (await api.call({ url: '/api/v1/audit' })).json(auditPage).items
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
