import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { OrdermillError } from '../../src/errors.ts'
import { utf8 } from '../support/log-harness.ts'
import {
  decisionRecord,
  headerOf,
  jsonOf,
  orderRecord,
  rawRecord,
  retryTopicOfPayments,
} from '../support/order-json.ts'
import { openRig, serviceNames, type Rig, type RigOptions } from '../support/pipeline-rig.ts'

const suspicious = { amount: 500, country: 'DE' }
const policy = 'billable'

async function openHeld(options: RigOptions = {}): Promise<Rig> {
  const rig = await openRig({ policy, ...options })
  await rig.append(orderRecord(1, suspicious))
  await rig.run('payment')
  assert.deepEqual([await statusOf(rig, 1), rig.calls.length], ['HELD', 0])
  return rig
}

async function openDeclined(options: RigOptions = {}): Promise<Rig> {
  const rig = await openRig({ gateway: ({ key }) => (key === '1' ? 'DECLINED' : 'PAID'), ...options })
  await rig.append(orderRecord(1))
  await rig.run('payment')
  assert.equal(await statusOf(rig, 1), 'DECLINED')
  return rig
}

async function statusOf({ store }: Rig, orderId: number): Promise<string | undefined> {
  return (await store.findOrder(orderId))[0]?.payment?.ledger.payment.status
}

async function decide(rig: Rig, ...given: Parameters<typeof decisionRecord>): Promise<void> {
  await rig.append(decisionRecord(...given))
  await rig.run('payment')
}

async function keyOfRetry(rig: Rig, offset: number): Promise<string> {
  const topic = (await rig.log.topics()).find(({ name }) => name === retryTopicOfPayments)
  return `1/${topic?.id}-0-${offset}`
}

describe('a held payment', () => {
  it('is charged when an operator releases it, with the key of its order', async () => {
    const rig = await openHeld()
    await decide(rig, 'release', 1, suspicious)
    assert.equal(await statusOf(rig, 1), 'PAID')
    assert.deepEqual(
      rig.calls.map(({ key }) => key),
      ['1'],
    )
    const [record] = await rig.records('payments')
    assert.equal(jsonOf(record)['status'], 'PAID')
    assert.match(headerOf(record, 'event-id') ?? '', /^payments-group\/.+-0-0$/)
  })

  it('is declined when an operator rejects it, and the gateway never hears of it', async () => {
    const rig = await openHeld()
    await decide(rig, 'reject', 1, suspicious)
    assert.deepEqual([await statusOf(rig, 1), rig.calls.length], ['DECLINED', 0])
    const outcomes = await rig.records('payment-outcomes')
    assert.deepEqual(
      outcomes.map((record) => jsonOf(record)['status']),
      ['HELD', 'DECLINED'],
    )
  })

  it('stays unpaid when its order was cancelled before the release came', async () => {
    const rig = await openHeld()
    await rig.append(orderRecord(1, { ...suspicious, status: 'CANCELLED' }))
    await rig.run('payment')
    await decide(rig, 'release', 1, suspicious)
    assert.deepEqual([await statusOf(rig, 1), rig.calls.length], ['SKIPPED', 0])
    assert.equal((await rig.store.payments()).tally.duplicates, 1)
  })

  it('is charged once, however often it is released', async () => {
    const rig = await openHeld()
    const release = decisionRecord('release', 1, suspicious)
    await rig.append(release, release, decisionRecord('reject', 1, suspicious))
    await rig.run('payment')
    const { tally } = await rig.store.payments()
    assert.deepEqual([tally.held, tally.paid, tally.declined, tally.duplicates], [1, 1, 0, 2])
    assert.equal((await rig.records('payments')).length, 1)
    assert.equal(rig.calls.length, 1)
  })
})

describe('a declined payment', () => {
  it('is asked for again under a key of its own, which a repetition keeps', async () => {
    const rig = await openDeclined({
      log: openMemoryLog({ sleep: () => Promise.resolve() }),
      gateway: ({ key }, count) => {
        if (key === '1') return 'DECLINED'
        if (count < 12) throw new OrdermillError('GATEWAY_UNAVAILABLE', 'told to fail')
        return 'PAID'
      },
    })
    await decide(rig, 'retry', 1)
    assert.equal(await statusOf(rig, 1), 'PAID')
    const retryKey = await keyOfRetry(rig, 0)
    assert.deepEqual([...new Set(rig.calls.map(({ key }) => key))], ['1', retryKey])
  })

  it('may be declined again, and each retry has another key', async () => {
    const rig = await openDeclined({ gateway: (_call, count) => (count < 3 ? 'DECLINED' : 'PAID') })
    await decide(rig, 'retry', 1)
    assert.equal(await statusOf(rig, 1), 'DECLINED')
    await decide(rig, 'retry', 1)
    assert.equal(await statusOf(rig, 1), 'PAID')
    const keys = ['1', await keyOfRetry(rig, 0), await keyOfRetry(rig, 1)]
    assert.deepEqual(
      rig.calls.map(({ key }) => key),
      keys,
    )
    const { tally } = await rig.store.payments()
    assert.deepEqual([tally.declined, tally.paid], [2, 1])
  })

  it('is not charged for an order that was cancelled since', async () => {
    const rig = await openDeclined()
    await rig.append(orderRecord(1, { status: 'CANCELLED' }))
    await rig.run('payment')
    await decide(rig, 'retry', 1)
    assert.deepEqual([await statusOf(rig, 1), rig.calls.length], ['DECLINED', 1])
  })
})

describe('operators’ commands', () => {
  it('are seen by nobody but payment', async () => {
    const rig = await openHeld()
    await decide(rig, 'release', 1, suspicious)
    await rig.run(...serviceNames)
    const { totals } = await rig.store.totals()
    assert.deepEqual([totals.overall.orderCount, totals.duplicates], [1, 0])
    assert.equal((await rig.records('fraud-alerts')).length, 1)
  })

  it('are none on the topic that anybody may write to', async () => {
    const rig = await openHeld()
    const { headers = [] } = decisionRecord('release', 1)
    await rig.append({ ...orderRecord(1, suspicious), headers })
    await rig.run('payment')
    assert.deepEqual([await statusOf(rig, 1), rig.calls.length], ['HELD', 0])
    assert.equal((await rig.store.payments()).tally.duplicates, 1)
  })

  it('are accounted for, each once, with what else is on their topic', async () => {
    const rig = await openHeld()
    const retried = (record: ReturnType<typeof rawRecord>) => ({ ...record, topic: retryTopicOfPayments })
    const release = decisionRecord('release', 1, suspicious)
    await rig.append(
      decisionRecord('retry', 1, suspicious),
      decisionRecord('release', 1, { ...suspicious, customer_id: 5 }),
      { ...release, headers: [['x-ordermill-decision', utf8('refund')]] },
      decisionRecord('reject', 99),
      retried(rawRecord(null)),
      retried(orderRecord(2)),
      release,
    )
    await rig.run('payment')
    const { tally, asOf } = await rig.store.payments()
    const { paid, declined, skipped, held, duplicates, statusChanges, deadLetters, tombstones } = tally
    assert.equal(asOf.get(retryTopicOfPayments)?.get(0), 7)
    assert.equal(paid + declined + skipped + held + duplicates + statusChanges + deadLetters + tombstones, 1 + 7)
    assert.deepEqual([paid, held, duplicates, deadLetters, tombstones], [2, 1, 2, 2, 1])
    assert.deepEqual(rig.refused.map(({ code }) => code).toSorted(), ['ORDER_ID_CONFLICT', 'RECORD_INVALID'])
  })
})
