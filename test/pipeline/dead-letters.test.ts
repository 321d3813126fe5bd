import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { textOf, utf8 } from '../support/log-harness.ts'
import { headerOf, headerTexts, orderRecord, orderValue, rawRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

describe('dead letters', () => {
  it('keep key, value and headers byte for byte, but none named as a reason, with the reason after them', async () => {
    const rig = await openRig({ now: () => nowMs })
    const value = Uint8Array.from([0x7b, 0xff, 0x00, 0xfe])
    const key = Uint8Array.from([0, 1, 255])
    const headers = [
      ['trace', Uint8Array.from([0, 255])],
      ['__dlq.errors.code', utf8('forged')],
      ['trace', utf8('')],
    ] as const
    await rig.append(orderRecord(1), { topic: 'orders', key, value, headers })
    await rig.run('analytics')
    const [letter, ...others] = await rig.records('orders.analytics-group.dlq')
    assert.deepEqual(others, [])
    assert.deepEqual([...(letter?.key ?? [])], [...key])
    assert.deepEqual([...(letter?.value ?? [])], [...value])
    assert.deepEqual(
      letter?.headers.slice(0, 2).map(([name, bytes]) => [name, [...bytes]]),
      headers.filter(([name]) => name === 'trace').map(([name, bytes]) => [name, [...bytes]]),
    )
    assert.deepEqual(headerTexts(letter?.headers.slice(2) ?? []), [
      ['__dlq.errors.topic', 'orders'],
      ['__dlq.errors.partition', '0'],
      ['__dlq.errors.offset', '1'],
      ['__dlq.errors.group', 'analytics-group'],
      ['__dlq.errors.delivery.count', '1'],
      ['__dlq.errors.message', 'the value is not UTF-8: send UTF-8 JSON'],
      ['__dlq.errors.code', 'RECORD_INVALID'],
      ['__dlq.errors.stage', 'decode'],
      ['__dlq.errors.first.failed.at', '2026-01-02T03:04:05.678Z'],
    ])
  })

  it('are written by each group for what it refuses: fraud has no store to see a conflict', async () => {
    const rig = await openRig()
    await rig.append(orderRecord(1), orderRecord(1, { amount: 99 }), rawRecord('{'))
    await rig.run('fraud', 'payment', 'analytics')
    const codesOf = async (group: string) =>
      (await rig.records(`orders.${group}.dlq`)).map((letter) => headerOf(letter, '__dlq.errors.code'))
    assert.deepEqual(await codesOf('fraud-group'), ['RECORD_INVALID'])
    assert.deepEqual(await codesOf('payments-group'), ['ORDER_ID_CONFLICT', 'RECORD_INVALID'])
    assert.deepEqual(await codesOf('analytics-group'), ['ORDER_ID_CONFLICT', 'RECORD_INVALID'])
  })

  it('name the fields of a conflict, and that the store refused it', async () => {
    const rig = await openRig()
    await rig.append(orderRecord(1), orderRecord(1, { amount: 99, country: 'DE' }))
    await rig.run('analytics')
    const [letter] = await rig.records('orders.analytics-group.dlq')
    assert.equal(headerOf(letter, '__dlq.errors.stage'), 'apply')
    assert.match(headerOf(letter, '__dlq.errors.message') ?? '', /order 1 is known with another amount, country/)
  })

  it('count into the totals beside tombstones, which are skipped', async () => {
    const rig = await openRig()
    await rig.append(rawRecord(null, '1'), rawRecord('[]'), orderRecord(1), orderRecord(1), rawRecord(null))
    await rig.run('analytics', 'payment')
    const { totals } = await rig.store.totals()
    const counts = [totals.overall.orderCount, totals.duplicates, totals.deadLetters, totals.tombstones]
    assert.deepEqual(counts, [1, 1, 1, 2])
    const { tally } = await rig.store.payments()
    assert.deepEqual([tally.paid, tally.duplicates, tally.deadLetters, tally.tombstones], [1, 1, 1, 2])
  })

  it('reach the views with the order that they speak of', async () => {
    const rig = await openRig()
    await rig.append(rawRecord(JSON.stringify(orderValue(8, { amount: -1 }))), rawRecord('no JSON', '9'))
    await rig.run('analytics')
    await rig.run('views')
    const { items } = await rig.store.searchDeadLetters({ limit: 10 })
    assert.deepEqual(new Set(items.map(({ orderId }) => orderId)), new Set([8, 9]))
    assert.ok(items.every(({ group, topic, stage }) => group === 'analytics-group' && topic === 'orders' && stage))
  })

  it('of a redriven record go to the letters of its input, for the same group', async () => {
    const rig = await openRig()
    await rig.append({ ...rawRecord('{'), topic: 'orders.payments-group.retry' })
    await rig.run('payment')
    const [letter] = await rig.records('orders.payments-group.dlq')
    assert.equal(headerOf(letter, '__dlq.errors.topic'), 'orders.payments-group.retry')
  })

  it('read a redriven record for its own group alone', async () => {
    const rig = await openRig()
    await rig.append({ ...orderRecord(3), topic: 'orders.analytics-group.retry' })
    await rig.run('analytics', 'payment')
    assert.equal((await rig.store.totals()).totals.overall.orderCount, 1)
    assert.deepEqual(rig.calls, [])
  })

  it('fit their topic although the record was as large as its topic takes', async () => {
    const rig = await openRig()
    await rig.append(rawRecord(new Uint8Array(1024 * 1024).fill(0x7b)))
    await rig.run('fraud', 'payment', 'analytics')
    const [letter] = await rig.records('orders.fraud-group.dlq')
    assert.equal(letter?.value?.length, 1024 * 1024)
    assert.equal(headerOf(letter, '__dlq.errors.code'), 'RECORD_TOO_LARGE')
  })

  const poison: Readonly<Record<string, string | Uint8Array>> = {
    'no bytes at all': '',
    'JSON that is no object': 'null',
    'an array': '[{"order_id":1}]',
    'a number that is too large for a double': JSON.stringify(orderValue(1)).replace('12.34', '1e309'),
    NaN: JSON.stringify(orderValue(1)).replace('12.34', 'NaN'),
    'a negative amount': JSON.stringify(orderValue(1, { amount: -0.01 })),
    'an amount of zero': JSON.stringify(orderValue(1, { amount: 0 })),
    'three decimals': JSON.stringify(orderValue(1, { amount: 1.234 })),
    'a __proto__ member': JSON.stringify(orderValue(1)).replace('{', '{"__proto__":{},'),
    'an escaped __proto__ member': JSON.stringify(orderValue(1)).replace('{', '{"\\u005f_proto__":{},'),
    'deep nesting': JSON.stringify(orderValue(1)).replace('{', `{"x":${'['.repeat(5_000)}${']'.repeat(5_000)},`),
    'a byte-order mark': `\uFEFF${JSON.stringify(orderValue(1))}`,
    'a lone surrogate in UTF-8': Uint8Array.from([...utf8('{"a":"'), 0xed, 0xa0, 0x80, ...utf8('"}')]),
    'no country': JSON.stringify(orderValue(1, { country: undefined })),
    'a day that its month lacks': JSON.stringify(orderValue(1, { created_at: '2026-02-30T00:00:00Z' })),
    'a local time': JSON.stringify(orderValue(1, { created_at: '2026-02-03T00:00:00' })),
    'an id beyond 2^53': JSON.stringify(orderValue(1)).replace('"order_id":1', '"order_id":9007199254740993'),
  }
  for (const [name, value] of Object.entries(poison)) {
    it(`are made of ${name}, and the next order is read`, async () => {
      const rig = await openRig()
      await rig.append(rawRecord(value), orderRecord(2))
      await rig.run('fraud', 'payment', 'analytics')
      for (const group of ['fraud-group', 'payments-group', 'analytics-group']) {
        const letters = await rig.records(`orders.${group}.dlq`)
        assert.deepEqual(
          letters.map((letter) => [...(letter.value ?? [])]),
          [[...(rawRecord(value).value ?? [])]],
        )
      }
      assert.deepEqual(
        (await rig.records('payments')).map(({ key }) => textOf(key)),
        ['2'],
      )
      assert.equal((await rig.store.totals()).totals.overall.orderCount, 1)
    })
  }
})
