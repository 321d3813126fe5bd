import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { OrdermillError } from '../../src/errors.ts'
import { openCharger } from '../../src/services/charger.ts'
import { anOrder, paymentFact } from '../support/order-facts.ts'
import { headerOf, orderRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'

function unavailable(): OrdermillError {
  return new OrdermillError('GATEWAY_UNAVAILABLE', 'told to fail')
}

describe('charges', () => {
  it('are repeated with the same key while the gateway is away, one charge at a time', async () => {
    const rig = await openRig({
      gateway: (_call, count) => {
        if (count <= 3) throw unavailable()
        return 'PAID'
      },
    })
    await rig.append(orderRecord(1))
    await rig.run('payment')
    assert.deepEqual(
      rig.calls.map(({ key }) => key),
      ['1', '1', '1', '1'],
    )
    assert.deepEqual(rig.failed, [])
  })

  it('of a batch that gave up come again with it, and nothing is dead-lettered', async () => {
    const rig = await openRig({
      log: openMemoryLog({ sleep: () => Promise.resolve() }),
      gateway: (_call, count) => {
        if (count <= 12) throw unavailable()
        return 'PAID'
      },
    })
    await rig.append(orderRecord(1))
    await rig.run('payment')
    assert.ok(rig.failed.length > 0)
    assert.deepEqual([...new Set(rig.calls.map(({ key }) => key))], ['1'])
    assert.equal((await rig.records('payments')).length, 1)
    assert.deepEqual(await rig.records('orders.payments-group.dlq'), [])
  })

  it('keep with the payment what failed before, over batches too, and the newest ten of it', async () => {
    const rig = await openRig({
      log: openMemoryLog({ sleep: () => Promise.resolve() }),
      now: () => 7,
      gateway: (_call, count) => {
        if (count <= 12) throw new OrdermillError('GATEWAY_UNAVAILABLE', `failed ${count}`)
        return 'PAID'
      },
    })
    await rig.append(orderRecord(1))
    await rig.run('payment')
    const attempts = (await rig.store.findOrder(1))[0]?.payment?.ledger.payment.attempts
    const kept = Array.from({ length: 10 }, (_, index) => ({ atMs: 7, reason: `failed ${index + 3}` }))
    assert.deepEqual(attempts, kept)
  })

  it('wait as long as the gateway asks for', async () => {
    const pauses: number[] = []
    let calls = 0
    const charge = openCharger({
      gateway: () => {
        calls += 1
        if (calls > 2) return Promise.resolve('PAID')
        return Promise.reject(new OrdermillError('GATEWAY_UNAVAILABLE', 'too many', { retryAfterMs: calls * 1000 }))
      },
      limit: (task) => task(),
      now: () => 0,
      sleep: (ms) => {
        pauses.push(ms)
        return Promise.resolve()
      },
      random: () => 0.5,
    })
    await charge(paymentFact(anOrder(1), 0), new AbortController().signal)
    assert.deepEqual(pauses, [1000, 2000])
  })

  it('that the gateway refuses pause the payments, and nobody is declined', async () => {
    const rig = await openRig({
      log: openMemoryLog({ sleep: () => Promise.resolve() }),
      gateway: (_call, count) => {
        if (count <= 3) throw new OrdermillError('GATEWAY_REFUSED', 'it answered 401')
        return 'PAID'
      },
    })
    await rig.append(orderRecord(1))
    await rig.run('payment')
    assert.equal(rig.failed.length, 3)
    assert.equal((await rig.records('payments')).length, 1)
    assert.deepEqual(await rig.records('payment-outcomes'), [])
  })

  it('that were answered are not lost when another of their batch failed', async () => {
    const rig = await openRig({
      log: openMemoryLog({ sleep: () => Promise.resolve() }),
      gateway: ({ key }, count) => {
        if (key === '2' && count < 20) throw unavailable()
        return 'PAID'
      },
    })
    await rig.append(orderRecord(1), orderRecord(2))
    await rig.run('payment')
    assert.equal((await rig.store.payments()).tally.paid, 2)
    const ids = (await rig.records('payments')).map((record) => headerOf(record, 'event-id'))
    assert.equal(new Set(ids).size, 2)
  })

  it('are not started once the partition is lost', async () => {
    const controller = new AbortController()
    const charge = openCharger({
      gateway: () => {
        controller.abort()
        throw unavailable()
      },
      limit: (task) => task(),
      now: () => 0,
      sleep: () => Promise.resolve(),
      random: () => 0,
    })
    await assert.rejects(charge(paymentFact(anOrder(1), 0), controller.signal), { name: 'AbortError' })
  })

  it('pause longer after each failure, with full jitter and a bound', async () => {
    const pauses: number[] = []
    const charge = openCharger({
      gateway: () => Promise.reject(unavailable()),
      limit: (task) => task(),
      now: () => 0,
      sleep: (ms) => {
        pauses.push(ms)
        return Promise.resolve()
      },
      random: () => 0.5,
    })
    await assert.rejects(charge(paymentFact(anOrder(1), 0), new AbortController().signal), unavailable())
    assert.deepEqual(pauses, [25, 50, 100, 200])
  })
})
