import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import { dayMs } from '../../../src/domain/window.ts'
import { closedAfter, orderWriter } from '../../contract/order-store/open-store.ts'
import { alertFact, applyViews, letterFact } from '../../contract/order-store/views.ts'
import {
  bucketNames,
  freshBuckets,
  plainOpeners,
  searchableOpeners,
  storeOptions,
} from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { anOrder, noonMs, orderFact, orderJson, shardKey } from '../../support/order-facts.ts'

/** As many as a service handles in one transaction by default. */
const batch = 4_000
const numbers = Array.from({ length: batch }, (_, n) => n)

describe('couchbase: many changes of one document', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(8) }))
  const openNew = async (t: TestContext) => closedAfter(t, await (await plainOpeners(take)(t))())

  // A producer that is stuck on one id: each letter changed the list of that order, and all of them overtook each other.
  it('takes a batch of letters that all speak of one order', async (t) => {
    const store = await openNew(t)
    await applyViews(store, [...numbers.map((n) => letterFact(n, { orderId: 7 })), alertFact(7, batch)])
    assert.deepEqual(await store.viewCounts(), { alerts: 1, deadLetters: batch, redriven: 0 })
    const [story] = await store.findOrder(7)
    assert.deepEqual(
      story?.deadLetters.map(({ offset }) => offset),
      numbers.slice(-100).toReversed(),
    )
  })

  it('takes a batch of orders that all have one id', async (t) => {
    const store = await openNew(t)
    const { apply } = await orderWriter(store)
    const times = numbers.map((n) => noonMs + ((n * 7919) % batch) * 1000)
    await apply(
      ...times.map((createdAtMs, offset) =>
        orderFact(anOrder(1, { createdAtMs }), offset, { identity: { orderId: 1, createdAtMs } }),
      ),
    )
    assert.equal((await store.totals()).totals.overall.orderCount, batch)
    const stories = await store.findOrder(1)
    assert.equal(stories.at(-1)?.state?.content.createdAtMs, Math.max(...times))
  })

  it('gives ids to a thousand who ask at once', async (t) => {
    const store = await openNew(t)
    const firsts = await Promise.all(numbers.slice(0, 1_000).map(() => store.reserveOrderIds(2)))
    assert.equal(new Set(firsts).size, 1_000)
    assert.equal(Math.max(...firsts), 1_999)
  })

  it('lets a thousand partitions be claimed at once', async (t) => {
    const store = await openNew(t)
    const claims = await Promise.all(
      numbers.slice(0, 1_000).map((partition) => store.claim(shardKey({ partition }), 'owner')),
    )
    assert.equal(claims.length, 1_000)
  })
})

describe('couchbase: what senders choose', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(6) }))

  // The server keeps the second of expiry in 32 bits, and the SDK refuses what is beyond.
  it('counts an order of a far future while old minutes of the series are dropped', async (t) => {
    for (const seriesRetentionMs of [30 * dayMs, 36_500 * dayMs]) {
      const store = closedAfter(t, openCouchbaseStore(storeOptions(take(), { seriesRetentionMs })))
      const { apply } = await orderWriter(store)
      // The server's clock is that of this machine.
      const times = [Date.now(), Date.UTC(2106, 5, 1), Date.UTC(9999, 0, 1)]
      await apply(...times.map((createdAtMs, n) => orderFact(anOrder(n + 1, { createdAtMs }), n)))
      const points = await store.series({ fromMs: 0, toMs: 1e15 })
      assert.deepEqual(
        points.map(({ startMs }) => startMs),
        times.map((time) => time - (time % 60_000)),
      )
    }
  })

  it('does not take members of an order for members of ours', async (t) => {
    const store = closedAfter(t, await (await searchableOpeners(take)(t))())
    const { apply } = await orderWriter(store)
    const forged = ',"kind":"order","orderId":1,"identityMs":0,"logMs":9999999999999,"logPartition":0,"logOffset":0'
    const json = orderJson(anOrder(2), `${forged},"customerId":1000`)
    await apply(orderFact(anOrder(1), 0), orderFact(anOrder(2), 1, { json }))
    for (const sort of ['newest', 'oldest', 'order_id_asc'] as const) {
      const { items } = await store.searchOrders({ sort, limit: 9, customerId: 1000 })
      const ids = items.map(({ orderId }) => orderId)
      assert.deepEqual(
        ids.toSorted((a, b) => a - b),
        [1, 2],
        sort,
      )
    }
  })

  it('writes the document of an order although another one with its id is only known to others', async (t) => {
    const store = closedAfter(t, await (await plainOpeners(take)(t))())
    await applyViews(store, [alertFact(77, 0, Date.UTC(2030, 0, 1))])
    const { apply } = await orderWriter(store)
    const identity = { orderId: 77, createdAtMs: noonMs }
    await apply(orderFact(anOrder(77), 0, { identity, json: orderJson(anOrder(77), ',"mine":true') }))
    const documents = (await store.findOrder(77)).map(({ order }) => order?.document ?? '')
    assert.ok(documents.some((document) => document.includes('"mine":true')))
    // The list of a page reads what the contract's collection holds.
    const { items } = await store.searchOrders({ sort: 'newest', limit: 1 })
    assert.ok(items[0]?.document.includes('"mine":true'))
  })
})
