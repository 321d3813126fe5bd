import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { orderGroups } from '../../src/codec/groups.ts'
import { paymentsTopic } from '../../src/codec/payment-codec.ts'
import { defaultFraudRules } from '../../src/domain/fraud.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { commandPayment } from '../../src/operations/payment-commands.ts'
import type { Log } from '../../src/ports/log.ts'
import { check, openFileRig, records, settings, suspicious, texts } from '../support/check-rig.ts'
import { orderRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'

describe('a full check', () => {
  it('finds nothing where nothing is wrong', async (t) => {
    const found = await check(t, await openFileRig(t))
    assert.deepEqual(found.differences, [])
    // Both groups read all of it, and the views one alert and four letters.
    assert.equal(found.records, 2 * records.length + 1 + 5)
  })

  it('names every order that is missing, different or too much, in every list', async (t) => {
    const rig = await openFileRig(t)
    rig.damage(`
      DELETE FROM orders WHERE order_id = 1;
      UPDATE orders SET json = replace(json, '12.34', '99.99') WHERE order_id = 2;
      DELETE FROM ledger WHERE order_id = 3;
      UPDATE ledger SET payment = 2 WHERE order_id = 5;
      UPDATE ledger SET amount_minor = 1 WHERE order_id = 6;
      INSERT INTO orders SELECT 99, identity_ms, timestamp_ms, place, first_offset, status, customer_id, amount_minor,
        currency, country, created_at_ms, era, changes, json FROM orders WHERE order_id = 6;
      DELETE FROM alerts;
      DELETE FROM dead_letters WHERE group_name = 'fraud-group';
      UPDATE shards SET totals = json_set(totals, '$.duplicates', 5) WHERE group_name = 'analytics-group'
        AND shard_id = (SELECT min(shard_id) FROM shards WHERE totals IS NOT NULL AND next_offset > 0);
    `)
    const found = await check(t, rig)
    assert.equal(found.count, found.differences.length)
    assert.deepEqual(
      texts(found).map((text) => text.replace(/orders-\d/, 'orders-n')),
      [
        'different document 2',
        'different order and payment 6',
        'different payment 5',
        'different payment 6',
        'missing alert 7',
        'missing dead letter',
        'missing order 1',
        'missing payment 3',
        'total analytics-group on orders-n: duplicates',
        'unexpected order 99',
      ],
    )
  })

  it('takes what the store applied meanwhile for no difference', async (t) => {
    const rig = await openFileRig(t)
    const shards = await rig.store.shards()
    // The first ones that ever come by these topics, too.
    const retried = ['orders.analytics-group.retry', 'orders.payments-group.retry'].map((topic) => ({
      ...orderRecord(102),
      topic,
    }))
    await rig.append(
      orderRecord(100),
      orderRecord(1, { status: 'CONFIRMED' }),
      orderRecord(101, suspicious),
      ...retried,
    )
    await rig.run('fraud', 'payment', 'analytics')
    await rig.run('views')
    const store = { ...rig.store, shards: () => Promise.resolve(shards) }
    assert.deepEqual((await check(t, { log: rig.log, store })).differences, [])
  })

  for (const [behind, ahead] of [
    ['payment', 'analytics'],
    ['analytics', 'payment'],
  ] as const) {
    it(`takes what the store applied meanwhile for no difference where ${behind} is far behind ${ahead}`, async (t) => {
      const rig = await openFileRig(t)
      await rig.append(...[100, 101, 102].map((id) => orderRecord(id)), orderRecord(5, { status: 'CANCELLED' }))
      await rig.run(ahead)
      const shards = await rig.store.shards()
      await rig.run(behind, 'fraud')
      await rig.run('views')
      const store = { ...rig.store, shards: () => Promise.resolve(shards) }
      assert.deepEqual((await check(t, { log: rig.log, store })).differences, [])
    })
  }

  it('waits until the outcomes of a batch of payments that is settled are in the log', async (t) => {
    const rig = await openRig()
    await rig.append(orderRecord(1), orderRecord(2), orderRecord(3))
    await rig.run('analytics', 'payment', 'fraud', 'views')
    let looks = 0
    // As it is between the store's commit of the last payment and the log's.
    const isBetween = () => looks < 3
    const between: Log = {
      ...rig.log,
      async lag(group) {
        const lags = await rig.log.lag(group)
        if (group !== orderGroups.payment) return lags
        looks += 1
        return lags.map((lag) => (isBetween() && lag.topic === 'orders' ? { ...lag, committed: 2 } : lag))
      },
      async topics() {
        const hidden = isBetween() ? 1 : 0
        return (await rig.log.topics()).map((topic) =>
          topic.name === paymentsTopic
            ? { ...topic, partitions: topic.partitions.map((one) => ({ ...one, end: one.end - hidden })) }
            : topic,
        )
      },
    }
    assert.deepEqual((await check(t, { log: between, store: rig.store })).differences, [])
    assert.ok(looks >= 3, `${looks} looks`)
  })

  it('accepts another order of application of one order’s records on several partitions', async (t) => {
    const rig = await openRig({ partitions: 2 })
    const onPartition = (partition: number, status: string) => ({ ...orderRecord(1, { status }), partition })
    await rig.append(onPartition(1, 'CREATED'))
    await rig.run('payment', 'analytics')
    await rig.append(onPartition(0, 'CONFIRMED'))
    await rig.run('payment', 'analytics')
    assert.deepEqual((await check(t, rig)).differences, [])
  })

  it('goes on after every step where it was, and does each thing once', async (t) => {
    const rig = await openFileRig(t)
    rig.damage('DELETE FROM orders WHERE order_id = 1')
    let now = 0
    // So that a step is a piece or two.
    const found = await check(t, rig, {}, { now: () => (now += 300) })
    assert.ok(found.steps > 10, `${found.steps} steps`)
    assert.deepEqual(texts(found), ['missing order 1'])
  })

  it('runs one service again, fraud by the rules of now', async (t) => {
    const rig = await openFileRig(t, { rules: { ...defaultFraudRules, highAmount: 1_000_000 } })
    assert.deepEqual(texts(await check(t, rig, { service: 'fraud' })), ['missing alert 7'])
    assert.deepEqual(texts(await check(t, rig, { service: 'analytics' })), [])
    assert.deepEqual(texts(await check(t, rig, { service: 'payment' })), [])
  })

  it('reports a range of offsets alone', async (t) => {
    const rig = await openFileRig(t, { partitions: 1 })
    rig.damage('DELETE FROM orders WHERE order_id IN (1, 5)')
    assert.deepEqual(texts(await check(t, rig, { from_offset: 3, to_offset: 6 })), ['missing order 5'])
  })

  it('replays the input before what came again, whichever was claimed first', async (t) => {
    const rig = await openFileRig(t)
    await rig.append({ ...orderRecord(4, { amount: 5 }), topic: 'orders.analytics-group.retry' })
    await rig.run('analytics')
    await rig.run('views')
    // As after a seek of the input alone.
    for (const { shard } of await rig.store.shards()) {
      if (shard.group === orderGroups.analytics && shard.topic === 'orders') await rig.store.claim(shard, 'later')
    }
    assert.deepEqual((await check(t, rig)).differences, [])
  })

  it('takes a command that a status change overtook for what it is', async (t) => {
    const rig = await openFileRig(t, { policy: 'billable' })
    const { log, store } = rig
    const status = (name: string) => orderRecord(7, { ...suspicious, status: name })
    // Payment reads it before the command, which has the order as it was when it was asked for.
    await rig.append(status('CONFIRMED'))
    const deps = { log, store, operations: operationsLog(log), topic: 'orders', clock: Date.now }
    const command = {
      orderId: 7,
      decision: 'release',
      principal: 'op',
      reason: undefined,
      createdAtMs: undefined,
    } as const
    await commandPayment(deps, { ...command, key: undefined })
    await rig.run('payment', 'analytics')
    await rig.append(status('CANCELLED'))
    await rig.run('payment', 'analytics')
    await rig.run('views')
    assert.deepEqual((await check(t, rig, {}, { settings: { ...settings, policy: 'billable' } })).differences, [])
  })

  it('refuses when retention removed what it was about to read', async (t) => {
    const { log, store } = await openFileRig(t, { partitions: 1 })
    let isRemoved = false
    const topics = async () => {
      const described = await log.topics()
      const begin = isRemoved ? 3 : 0
      isRemoved = true
      return described.map((topic) => ({ ...topic, partitions: topic.partitions.map((one) => ({ ...one, begin })) }))
    }
    await assert.rejects(check(t, { log: { ...log, topics }, store }), { code: 'BEGINNING_GONE' })
  })

  it('refuses when the beginning of the log is gone, and names where it begins now', async (t) => {
    const { log, store } = await openFileRig(t, { partitions: 1 })
    const topics = async () =>
      (await log.topics()).map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((one) => (topic.name === 'payments' ? { ...one, begin: 3 } : one)),
      }))
    await assert.rejects(check(t, { log: { ...log, topics }, store }), {
      code: 'BEGINNING_GONE',
      message: /^payments-0 begins at offset 3: /,
    })
  })
})
