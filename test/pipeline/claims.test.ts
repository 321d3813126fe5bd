import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import { openMemoryStoreState } from '../../src/adapters/memory/memory-store-state.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { OrdermillError } from '../../src/errors.ts'
import type { Batch, Log } from '../../src/ports/log.ts'
import type { OrderStore } from '../../src/ports/order-store.ts'
import { headerOf, orderRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'

const rejectsWith = (code: string) => (error: unknown) => error instanceof OrdermillError && error.code === code

describe('claims of a store', () => {
  it('end a service loudly when the store is ahead of the log', async () => {
    const store = openMemoryStore()
    const log = openMemoryLog({ random: seededRandom(1) })
    const rig = await openRig({ log, store })
    await rig.append(orderRecord(1), orderRecord(2))
    await rig.run('analytics')
    // The same topic id with fewer records: an older copy of the log.
    const older = await openRig({ log: openMemoryLog({ random: seededRandom(1) }), store })
    await older.append(orderRecord(1))
    await assert.rejects(older.run('analytics'), rejectsWith('STORE_AHEAD'))
    assert.deepEqual(await older.records('order-analytics'), [])
  })

  // A member slept between getting its batch and claiming; others appended and applied meanwhile. The end that its slice
  // names was old, which was taken for a replaced log and ended the service for good.
  it('tell a member that was overtaken from a store that is ahead', async () => {
    const log = openMemoryLog()
    const store = openMemoryStore()
    const rig = await openRig({ log, store })
    await rig.append(orderRecord(1))
    await rig.run('analytics')
    await rig.append(orderRecord(2))
    const overtaken = await openRig({ log: withOldEnd(log, 0), store })
    await overtaken.run('analytics')
    assert.equal((await store.totals()).totals.overall.orderCount, 2)
  })

  it('are dropped when fenced and taken anew, and no record counts twice', async () => {
    const log = openMemoryLog()
    const state = openMemoryStoreState()
    const store = openMemoryStore({ state })
    let rivals = 0
    const contested: OrderStore = {
      ...store,
      async applyOrders(claim, facts, progress) {
        if (rivals < 2) {
          rivals += 1
          await store.claim(claim.shard, 'rival')
        }
        return store.applyOrders(claim, facts, progress)
      },
    }
    const rig = await openRig({ log, store: contested })
    await rig.append(orderRecord(1), orderRecord(2))
    await rig.run('analytics')
    assert.equal(rivals, 2)
    assert.ok(rig.failed.every(rejectsWith('FENCED')))
    assert.equal((await store.totals()).totals.overall.orderCount, 2)
    assert.equal((await rig.records('order-analytics')).length, 1)
    assert.deepEqual(
      [...state.shards.values()].map(({ epoch, next }) => [epoch, next]),
      [[5, 2]],
    )
  })

  it('are taken anew after an apply whose reply was lost: its answers are read, not made again', async () => {
    const store = openMemoryStore()
    let lost = 0
    const forgetful: OrderStore = {
      ...store,
      async settle(claim, settled, progress) {
        await store.settle(claim, settled, progress)
        if (lost++ === 0) throw new OrdermillError('STORE_UNAVAILABLE', 'the reply was lost')
      },
    }
    const rig = await openRig({ store: forgetful })
    await rig.append(orderRecord(1), orderRecord(2))
    await rig.run('payment')
    assert.deepEqual(
      rig.calls.map(({ key }) => key),
      ['1', '2'],
    )
    assert.equal((await rig.records('payments')).length, 2)
    assert.equal((await store.payments()).tally.paid, 2)
  })

  it('resume at `from` when the offsets of the group are lost: no output below it is repeated', async () => {
    const store = openMemoryStore()
    const rig = await openRig({ store, batchRecordsMax: 2 })
    await rig.append(orderRecord(1), orderRecord(2), orderRecord(3), orderRecord(4))
    await rig.run('payment')
    await rig.log.seek('payments-group', [{ topic: 'orders', partition: 0, offset: 0 }])
    await rig.append(orderRecord(5))
    await rig.run('payment')
    const ids = (await rig.records('payments')).map((record) => headerOf(record, 'event-id')?.split('-').at(-1))
    // The last batch before may not have been committed: its outputs come again, under the same event ids.
    assert.deepEqual(ids, ['0', '1', '2', '3', '2', '3', '4'])
    assert.deepEqual(
      rig.calls.map(({ key }) => key),
      ['1', '2', '3', '4', '5'],
    )
    assert.equal((await store.payments()).tally.paid, 5)
  })

  // Batch ids were made of a name and a count that began again: the second run's first batch passed for the first run's,
  // whose reply had been lost, and its orders were never counted.
  it('count every batch of a service that is started again by the same process', async () => {
    const rig = await openRig()
    for (const id of [1, 2]) {
      await rig.append(orderRecord(id))
      await rig.run('analytics', 'payment')
    }
    assert.equal((await rig.store.totals()).totals.overall.orderCount, 2)
    assert.equal((await rig.store.payments()).tally.paid, 2)
  })

  it('wait for a store that is away, and skip nothing', async () => {
    const store = openMemoryStore()
    let failures = 0
    const flaky: OrderStore = {
      ...store,
      claim: (shard, owner) => (failures++ < 3 ? Promise.reject(away()) : store.claim(shard, owner)),
    }
    const rig = await openRig({ store: flaky, log: openMemoryLog({ sleep: () => Promise.resolve() }) })
    await rig.append(orderRecord(1))
    await rig.run('analytics')
    assert.equal(failures, 4)
    assert.equal((await store.totals()).totals.overall.orderCount, 1)
    assert.deepEqual(await rig.records('orders.analytics-group.dlq'), [])
  })
})

function away(): OrdermillError {
  return new OrdermillError('STORE_UNAVAILABLE', 'the store is away')
}

/** Slices say that the log ended at `end` when they were cut. */
function withOldEnd(log: Log, end: number): Log {
  const old = (batch: Batch): Batch => ({ ...batch, slices: batch.slices.map((slice) => ({ ...slice, end })) })
  return {
    ...log,
    transform: (subscription, step, signal) => log.transform(subscription, (batch) => step(old(batch)), signal),
  }
}
