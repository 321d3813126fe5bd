import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { textOf } from '../support/log-harness.ts'
import { headerOf, jsonOf, orderRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'

describe('the contract of the outputs, field by field', () => {
  it('alerts on amounts strictly above 300 outside US and CA, keyed by order id', async () => {
    const rig = await openRig()
    const [position] = await rig.append(
      orderRecord(1, { amount: 300.01, country: 'DE' }),
      orderRecord(2, { amount: 300, country: 'DE' }),
      orderRecord(3, { amount: 500, country: 'CA' }),
    )
    await rig.run('fraud')
    const alerts = await rig.records('fraud-alerts')
    assert.equal(alerts.length, 1)
    assert.equal(textOf(alerts[0]?.key ?? null), '1')
    assert.deepEqual(jsonOf(alerts[0]), {
      order_id: 1,
      reason: 'HIGH_AMOUNT_RISKY_COUNTRY',
      amount: 300.01,
      country: 'DE',
      currency: 'USD',
      created_at: '2026-01-02T03:04:05.678Z',
    })
    assert.equal(headerOf(alerts[0], 'event-id'), `fraud-group/${position?.topicId}-0-0`)
  })

  it('alerts each order that an id is used for, and each once', async () => {
    for (const [reuse, expected] of [
      ['replace', 2],
      ['refuse', 1],
    ] as const) {
      const rig = await openRig({ reuse })
      const suspicious = { amount: 500, country: 'DE' }
      const later = { ...suspicious, created_at: '2026-01-03T00:00:00Z' }
      await rig.append(orderRecord(1, suspicious), orderRecord(1, suspicious), orderRecord(1, later))
      await rig.run('fraud', 'analytics')
      await rig.run('views')
      assert.equal((await rig.store.viewCounts()).alerts, expected)
      const stories = await rig.store.findOrder(1)
      assert.deepEqual(
        stories.map(({ alerts }) => alerts.length),
        stories.map(() => 1),
      )
      assert.equal(stories.length, expected)
    }
  })

  it('writes a payment whose timestamp has a fraction even at a whole second', async () => {
    const rig = await openRig({ now: () => 1_767_323_045_000 })
    const [position] = await rig.append(orderRecord(7, { amount: 12.3, country: 'DE', status: 'CANCELLED' }))
    await rig.run('payment')
    const [payment, ...others] = await rig.records('payments')
    assert.deepEqual(others, [])
    assert.equal(textOf(payment?.key ?? null), '7')
    assert.equal(
      textOf(payment?.value ?? null),
      '{"order_id":7,"status":"PAID","amount":12.3,"country":"DE","currency":"USD","timestamp":1767323045.000}',
    )
    assert.equal(headerOf(payment, 'event-id'), `payments-group/${position?.topicId}-0-0`)
    assert.deepEqual(rig.calls, [
      { charge: { orderId: 7, amount: { currency: 'USD', minor: 1230 }, country: 'DE' }, key: '7' },
    ])
  })

  it('keeps DECLINED off the topic whose readers take any record as paid', async () => {
    const rig = await openRig({ gateway: ({ key }) => (key === '1' ? 'DECLINED' : 'PAID') })
    await rig.append(orderRecord(1), orderRecord(2))
    await rig.run('payment')
    assert.deepEqual(
      (await rig.records('payments')).map((record) => jsonOf(record)['order_id']),
      [2],
    )
    const [declined] = await rig.records('payment-outcomes')
    assert.deepEqual([jsonOf(declined)['order_id'], jsonOf(declined)['status']], [1, 'DECLINED'])
  })

  it('writes one snapshot a committed batch, with the sum in the base currency and what it is true for', async () => {
    const rig = await openRig()
    await rig.append(
      orderRecord(1, { amount: 0.1 }),
      orderRecord(2, { amount: 0.2 }),
      orderRecord(3, { amount: 5, currency: 'EUR' }),
    )
    await rig.run('analytics')
    await rig.append(orderRecord(4, { amount: 99.7, status: 'CANCELLED' }))
    await rig.run('analytics')
    const snapshots = await rig.records('order-analytics')
    assert.deepEqual(
      snapshots.map(({ key, value }) => [key, textOf(value)]),
      [
        [null, '{"total_sales":0.30,"order_count":3,"currency":"USD","as_of":{"orders":{"0":3}}}'],
        [null, '{"total_sales":100.00,"order_count":4,"currency":"USD","as_of":{"orders":{"0":4}}}'],
      ],
    )
  })

  it('stores the received text with three members added, extra fields included', async () => {
    const rig = await openRig({ now: () => 1_767_323_045_123 })
    const json = '{ "order_id": 9, "customer_id": 1000, "amount": 10.50, "currency": "USD", "country": "US", '
    const text = `${json}"status": "CREATED", "created_at": "2026-01-31T09:30:00Z", "gift": {"wrap": [1, 2.0]} }`
    await rig.append({ ...orderRecord(9), value: Buffer.from(text) })
    await rig.run('analytics')
    const [story] = await rig.store.findOrder(9)
    const [record] = await rig.records('orders')
    const stamp = `,"processed_at":"${record?.timestampMs}","kafka_offset":0,"kafka_partition":0}`
    assert.equal(story?.order?.document, text.slice(0, -1) + stamp)
  })

  it('takes the order id of the value where the key is missing or disagrees', async () => {
    const rig = await openRig()
    await rig.append({ ...orderRecord(5), key: null }, { ...orderRecord(6), key: Buffer.from('99') })
    await rig.run('payment')
    const payments = await rig.records('payments')
    assert.deepEqual(
      payments.map(({ key }) => textOf(key)),
      ['5', '6'],
    )
  })
})
