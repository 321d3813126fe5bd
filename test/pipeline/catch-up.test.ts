import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import { openMemoryStoreState } from '../../src/adapters/memory/memory-store-state.ts'
import { orderGroups } from '../../src/codec/groups.ts'
import { manualClock } from '../support/manual-clock.ts'
import { utf8 } from '../support/log-harness.ts'
import { decisionRecord, orderRecord, rawRecord } from '../support/order-json.ts'
import { openRig, type Rig, type RigOptions } from '../support/pipeline-rig.ts'

const hourMs = 3_600_000

/** What `rig` did so far, done again by an empty store, with nothing left to read. */
async function emptyStoreAfter(rig: Rig, options: RigOptions = {}): Promise<Rig> {
  const restored = await openRig({ ...options, log: rig.log, store: openMemoryStore() })
  await restored.run('payment', 'analytics')
  return restored
}

async function tallyOf({ store }: Rig) {
  const { paidSums, ...counts } = (await store.payments()).tally
  return { ...counts, paidSums: [...paidSums] }
}

describe('a store that is behind the log', () => {
  it('is brought up to the committed offset: the same totals, without an output more', async () => {
    const rig = await openRig()
    await rig.append(orderRecord(1), orderRecord(2, { amount: 0.1 }), orderRecord(1), rawRecord('{'), rawRecord(null))
    await rig.append(orderRecord(1, { status: 'CONFIRMED' }), orderRecord(2, { amount: 5 }))
    await rig.run('payment', 'analytics')
    const letters = await rig.records('orders.analytics-group.dlq')
    const restored = await emptyStoreAfter(rig)
    await rig.run('payment', 'analytics')
    const { totals, asOf } = await restored.store.totals()
    assert.equal(totals.overall.orderCount, 2)
    assert.equal(totals.overall.sales.get('USD'), 1234n + 10n)
    assert.deepEqual([totals.duplicates, totals.statusChanges, totals.deadLetters, totals.tombstones], [1, 1, 2, 1])
    assert.equal(asOf.get('orders')?.get(0), 7)
    assert.equal((await rig.records('orders.analytics-group.dlq')).length, letters.length)
    assert.equal((await rig.records('payments')).length, 2)
  })

  it('has its ledger filled from the outputs, without a call of the gateway', async () => {
    const clock = manualClock()
    const rig = await openRig({ gateway: ({ key }) => (key === '2' ? 'DECLINED' : 'PAID'), now: clock.now })
    await rig.append(orderRecord(1, { status: 'CANCELLED' }), orderRecord(2), orderRecord(3), orderRecord(3))
    await rig.run('payment')
    const [before] = await rig.store.findOrder(1)
    clock.advance(hourMs)
    const restored = await emptyStoreAfter(rig, { now: clock.now })
    assert.deepEqual(restored.calls, [])
    const [paid] = await restored.store.findOrder(1)
    assert.deepEqual(paid?.payment?.ledger, before?.payment?.ledger)
    assert.equal((await restored.store.findOrder(2))[0]?.payment?.ledger.payment.status, 'DECLINED')
    const tally = await tallyOf(restored)
    assert.deepEqual([tally.paid, tally.declined, tally.duplicates, tally.paidCancelled], [2, 1, 1, 1])
  })

  it('has what operators decided filled in too, and what came to nothing, without a call of the gateway', async () => {
    const options: RigOptions = { policy: 'billable', gateway: ({ key }) => (/^[34]$/.test(key) ? 'DECLINED' : 'PAID') }
    const rig = await openRig(options)
    const held = { amount: 500, country: 'DE' }
    await rig.append(orderRecord(1, held), orderRecord(2, held), orderRecord(3), orderRecord(4), orderRecord(5))
    await rig.run('payment')
    await rig.append(decisionRecord('release', 1, held), decisionRecord('reject', 2, held), decisionRecord('retry', 3))
    await rig.append(decisionRecord('release', 5), decisionRecord('retry', 2, held), decisionRecord('reject', 4))
    await rig.run('payment')
    const before = await tallyOf(rig)
    assert.deepEqual([before.paid, before.declined, before.held, before.duplicates], [4, 3, 2, 2])
    const restored = await emptyStoreAfter(rig, options)
    assert.deepEqual(restored.calls, [])
    assert.deepEqual(await tallyOf(restored), before)
    for (const id of [1, 2, 3, 4, 5]) {
      const [live, filled] = await Promise.all([rig, restored].map(({ store }) => store.findOrder(id)))
      assert.deepEqual(filled?.[0]?.payment?.ledger.payment, live?.[0]?.payment?.ledger.payment)
    }
    assert.equal((await rig.records('payments')).length, 4)
  })

  // A status change without an output was taken for a charge: the order stayed PENDING for ever, and counted as held.
  it('leaves an order held whose status change decided nothing', async () => {
    const rig = await openRig({ policy: 'billable' })
    await rig.append(orderRecord(1, { amount: 500, country: 'DE' }))
    await rig.append(orderRecord(1, { amount: 500, country: 'DE', status: 'CONFIRMED' }))
    await rig.append(orderRecord(2, { status: 'CANCELLED' }), orderRecord(2, { status: 'CONFIRMED' }))
    await rig.run('payment')
    const before = await tallyOf(rig)
    const restored = await emptyStoreAfter(rig, { policy: 'billable' })
    assert.equal((await restored.store.findOrder(1))[0]?.payment?.ledger.payment.status, 'HELD')
    assert.equal((await restored.store.findOrder(2))[0]?.payment?.ledger.payment.status, 'PAID')
    assert.deepEqual(await tallyOf(restored), before)
  })

  // The partition that is caught up first took the reservation although the order was paid from the other one.
  it('finds an order paid from the partition that paid it, whichever is caught up first', async () => {
    const rig = await openRig({ partitions: 2 })
    await rig.append({ ...orderRecord(1), partition: 1 })
    await rig.run('payment')
    await rig.append({ ...orderRecord(1), partition: 0 })
    await rig.run('payment')
    const restored = await openRig({ log: rig.log, store: openMemoryStore(), partitions: 2 })
    for (const partition of [0, 1]) {
      await restored.append({ ...orderRecord(10 + partition), partition })
      await restored.run('payment')
    }
    const [story] = await restored.store.findOrder(1)
    assert.equal(story?.payment?.ledger.payment.status, 'PAID')
    assert.equal(story?.payment?.ledger.payment.position.partition, 1)
    assert.deepEqual(
      restored.calls.map(({ key }) => key),
      ['10', '11'],
    )
    assert.equal((await tallyOf(restored)).paid, 3)
  })

  // One partition's new record was handled while the other, whose payment it repeats, was still being caught up.
  it('handles nothing new before every partition is caught up', async () => {
    const rig = await openRig({ partitions: 2 })
    await rig.append({ ...orderRecord(1), partition: 1 })
    await rig.run('payment', 'analytics')
    await rig.append({ ...orderRecord(1), partition: 0 })
    const restored = await openRig({ log: rig.log, store: openMemoryStore(), partitions: 2 })
    await restored.run('payment', 'analytics')
    assert.deepEqual(restored.calls, [])
    assert.equal((await rig.records('payments')).length, 1)
    const [story] = await restored.store.findOrder(1)
    assert.equal(story?.state?.entries[0].position.partition, 1)
  })

  // A duplicate on partition 0 was caught up before the payment on partition 1, and took its status: the payment was
  // passed over as the duplicate then, and the next record of the order was paid once more.
  it('pays nobody again whose payment comes behind a record that repeated it on another partition', async () => {
    const state = openMemoryStoreState()
    const options = { partitions: 2, policy: 'billable' } as const
    const rig = await openRig({ ...options, store: openMemoryStore({ state }) })
    await rig.append({ ...orderRecord(1, { status: 'CANCELLED' }), partition: 1 })
    await rig.run('payment')
    const backup = structuredClone(state)
    await rig.append({ ...orderRecord(1, { status: 'CREATED' }), partition: 1 })
    await rig.run('payment')
    await rig.append({ ...orderRecord(1, { status: 'CREATED' }), partition: 0 })
    await rig.run('payment')
    const restored = await openRig({ ...options, log: rig.log, store: openMemoryStore({ state: backup }) })
    await restored.append({ ...orderRecord(1, { status: 'CONFIRMED' }), partition: 1 })
    await restored.run('payment')
    assert.deepEqual(restored.calls, [])
    assert.equal((await rig.records('payments')).length, 1)
    const [story] = await restored.store.findOrder(1)
    const { status, position } = story?.payment?.ledger.payment ?? {}
    assert.deepEqual([status, position?.partition, position?.offset], ['PAID', 1, 1])
  })

  // The payment on partition 0 was caught up first, and what had been decided before on partition 1 became a mere change.
  it('counts the outcomes that were published, in whatever order partitions are caught up', async () => {
    const options = { partitions: 2, policy: 'billable' } as const
    const rig = await openRig(options)
    await rig.append({ ...orderRecord(1, { status: 'CANCELLED' }), partition: 1 })
    await rig.run('payment')
    await rig.append({ ...orderRecord(1, { status: 'CREATED' }), partition: 0 })
    await rig.run('payment')
    const before = await tallyOf(rig)
    assert.deepEqual([before.paid, before.skipped], [1, 1])
    const restored = await emptyStoreAfter(rig, options)
    assert.deepEqual(await tallyOf(restored), before)
    assert.equal((await restored.store.findOrder(1))[0]?.payment?.ledger.payment.status, 'PAID')
  })

  // Anybody may write to `payments`: what is not this group's was decoded too, and stopped payment for good.
  it('reads past records on its output topics that are not its own', async () => {
    const rig = await openRig()
    await rig.append(orderRecord(1))
    await rig.run('payment')
    const foreign = { topic: 'payments', key: null, value: utf8('no JSON') }
    await rig.append(foreign, { ...foreign, headers: [['event-id', utf8('another-group/x-0-0')]] })
    const restored = await emptyStoreAfter(rig)
    assert.equal((await tallyOf(restored)).paid, 1)
  })

  it('goes on from where it was when it was not empty', async () => {
    const log = openMemoryLog()
    const state = openMemoryStoreState()
    const rig = await openRig({ log, store: openMemoryStore({ state }) })
    await rig.append(orderRecord(1), orderRecord(2))
    await rig.run('payment', 'analytics')
    const backup = structuredClone(state)
    await rig.append(orderRecord(3), orderRecord(1))
    await rig.run('payment', 'analytics')
    const restored = await openRig({ log, store: openMemoryStore({ state: backup }) })
    await restored.append(orderRecord(4))
    await restored.run('payment', 'analytics')
    assert.deepEqual(
      restored.calls.map(({ key }) => key),
      ['4'],
    )
    const { totals } = await restored.store.totals()
    assert.deepEqual([totals.overall.orderCount, totals.duplicates], [4, 1])
    assert.deepEqual((await tallyOf(restored)).paid, 4)
  })

  // What retention had removed before the store read it was passed over without a word.
  it('says what the log no longer has', async () => {
    const clock = manualClock()
    const log = openMemoryLog({ now: clock.now })
    await log.createTopics([{ name: 'orders', partitions: 1, recordBytesMax: 10_000, retentionMs: hourMs }])
    const rig = await openRig({ log, now: clock.now })
    await rig.append(orderRecord(1), orderRecord(2))
    await rig.run('analytics', 'payment')
    clock.advance(2 * hourMs)
    await rig.append(orderRecord(3))
    await rig.run('analytics', 'payment')
    clock.advance(2 * hourMs)
    const restored = await emptyStoreAfter(rig, { now: clock.now })
    assert.deepEqual(
      restored.lost.map(({ group, slice, records }) => ({ group, lost: slice.lost, records })),
      [
        { group: orderGroups.payment, lost: { from: 0, to: 2 }, records: 2 },
        { group: orderGroups.analytics, lost: { from: 0, to: 2 }, records: 2 },
      ],
    )
    // The newest records of a partition stay, whatever their age.
    assert.equal((await restored.store.totals()).totals.overall.orderCount, 1)
  })
})
