import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import type { CouchbaseStoreOptions } from '../../../src/adapters/couchbase/couchbase-options.ts'
import { identityOf, type Order } from '../../../src/domain/order.ts'
import { hourMs } from '../../../src/domain/window.ts'
import { orderWriter } from '../../contract/order-store/open-store.ts'
import { alertFact, applyViews, letterFact } from '../../contract/order-store/views.ts'
import { bucketNames, freshBuckets, storeOptions } from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { startWireProxy } from '../../support/couchbase/wire-proxy.ts'
import {
  anOrder,
  noonMs,
  orderFact,
  orderJson,
  paymentFact,
  paymentShard,
  progressTo,
} from '../../support/order-facts.ts'
import { waitFor } from '../../support/wait-for.ts'

const isDecimal = /^[1-9]\d*$/
const always = { fromMs: 0, toMs: 1e15 }

describe('documents on a Couchbase store', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(8) }))

  async function openBehindProxy(t: TestContext, over: Partial<CouchbaseStoreOptions> = {}) {
    const proxy = await startWireProxy(take())
    const store = openCouchbaseStore(storeOptions(proxy, over))
    t.after(async () => {
      await store.close()
      proxy.close()
    })
    return { proxy, store }
  }

  it("keep the contract's order byte for byte, under its decimal id", async (t) => {
    const { proxy, store } = await openBehindProxy(t)
    const { apply } = await orderWriter(store, { partition: 3 })
    const order = anOrder(9_007_199_254_740_991)
    const extra = `, "source":"order-service","note":"größer \\u00e9 🧾","n": 1.50e2 , "deep":{"a":[1,{}]},"processed_at":1`
    const json = ` \n${orderJson(order, extra)}\t`
    await apply(orderFact(order, 41, { json, timestampMs: 1_767_323_045_678 }))
    const stamp = `,"processed_at":"1767323045678","kafka_offset":41,"kafka_partition":3`
    assert.equal(proxy.documents().get('9007199254740991'), ` \n${orderJson(order, extra + stamp)}\t`)
    const document = JSON.parse(proxy.documents().get('9007199254740991') ?? '') as Readonly<Record<string, unknown>>
    assert.equal(document['processed_at'], '1767323045678')
  })

  it("keep everything of ours apart from the contract's, whatever is written", async (t) => {
    const { proxy, store } = await openBehindProxy(t, { scope: 'mill' })
    await fillWithEverything(store)
    const keys = [...proxy.documents().keys()]
    assert.deepEqual(keys.filter((key) => isDecimal.test(key)).toSorted(), ['1', '2', '5'])
    const others = keys.filter((key) => !isDecimal.test(key))
    assert.deepEqual(
      others.filter((key) => !/^mill:(orders|payments|alerts|dead_letters|shards|arrivals|series|intake):/.test(key)),
      [],
    )
    for (const key of others) {
      const { kind } = JSON.parse(proxy.documents().get(key) ?? '') as Readonly<{ kind?: unknown }>
      assert.ok(typeof kind === 'string', `${key} does not say of what kind it is`)
    }
  })

  it('show the latest order of an id that is used again, and keep the older ones, in whatever order they arrive', async (t) => {
    const { proxy, store } = await openBehindProxy(t)
    const { apply, claim } = await orderWriter(store)
    for (const [index, arrival] of permutations([1, 2, 3]).entries()) {
      const id = 10 + index
      for (const time of arrival) await apply(reusedFact(anOrder(id, { createdAtMs: noonMs + time }), claim().next))
      assertShown(proxy.documents().get(`${id}`), noonMs + 3, 'CREATED')
      await apply(reusedFact(anOrder(id, { createdAtMs: noonMs + 1, status: 'CANCELLED' }), claim().next))
      assertShown(proxy.documents().get(`${id}`), noonMs + 3, 'CREATED')
      await apply(reusedFact(anOrder(id, { createdAtMs: noonMs + 3, status: 'CONFIRMED' }), claim().next))
      assertShown(proxy.documents().get(`${id}`), noonMs + 3, 'CONFIRMED')
      const stories = await store.findOrder(id)
      assert.equal(stories.length, 3)
      for (const [at, status] of (['CANCELLED', 'CREATED', 'CONFIRMED'] as const).entries()) {
        assertShown(stories[at]?.order?.document, noonMs + at + 1, status)
        assert.equal(stories[at]?.order?.status, status)
      }
    }
  })

  it('show the latest order of an id that is used again when all arrive at once on several partitions', async (t) => {
    const { proxy, store } = await openBehindProxy(t)
    const writers = await Promise.all([0, 1, 2].map((partition) => orderWriter(store, { partition })))
    const ids = Array.from({ length: 40 }, (_, n) => 100 + n)
    await Promise.all(
      writers.map(({ apply }, at) =>
        apply(...ids.map((id, offset) => reusedFact(anOrder(id, { createdAtMs: noonMs + ((at + id) % 3) }), offset))),
      ),
    )
    for (const id of ids) {
      assertShown(proxy.documents().get(`${id}`), noonMs + 2, 'CREATED')
      assert.equal((await store.findOrder(id)).length, 3)
    }
  })

  it('keep no minute that is older than the series is to be', async (t) => {
    const nowMs = Date.now()
    const { proxy, store } = await openBehindProxy(t, { seriesRetentionMs: 3 * hourMs, now: () => nowMs })
    const { apply } = await orderWriter(store)
    const hoursAgo = [10, 5, 4, 2, 1, 0]
    const facts = hoursAgo.map((hours, n) => orderFact(anOrder(n + 1, { createdAtMs: nowMs - hours * hourMs }), n))
    await apply(...facts)
    const hourOf = (atMs: number) => Math.floor(atMs / hourMs)
    const shown = (await store.series(always)).map(({ startMs }) => hourOf(nowMs) - hourOf(startMs))
    const kept = [...proxy.documents().keys()].filter((key) => key.startsWith('ordermill:series:'))
    assert.deepEqual(shown, [2, 1, 0])
    assert.equal(kept.length, 3)
    assert.equal((await store.totals()).totals.overall.orderCount, hoursAgo.length)
  })

  it('lose the minutes of an hour when its time is over', async (t) => {
    const hourEndMs = Math.floor(Date.now() / hourMs) * hourMs
    const lifeMs = 2_500
    const { proxy, store } = await openBehindProxy(t, { seriesRetentionMs: Date.now() - hourEndMs + lifeMs })
    const { apply } = await orderWriter(store)
    await apply(orderFact(anOrder(1, { createdAtMs: hourEndMs - 1 }), 0))
    await apply(orderFact(anOrder(2, { createdAtMs: hourEndMs - 1 }), 1))
    assert.equal([...proxy.documents().keys()].filter((key) => key.startsWith('ordermill:series:')).length, 1)
    await waitFor('the server drops the hour', async () => (await store.series(always)).length === 0)
    assert.equal((await store.totals()).totals.overall.orderCount, 2)
  })

  it('stay small, however many orders a shard has', async (t) => {
    const { proxy, store } = await openBehindProxy(t)
    const { apply } = await orderWriter(store)
    const sizes: number[] = []
    for (const batch of [0, 1]) {
      const ids = Array.from({ length: 10_000 }, (_, n) => batch * 10_000 + n)
      await apply(...ids.map((n) => orderFact(anOrder(n + 1, { createdAtMs: noonMs + n * 5_000 }), n)))
      const shards = [...proxy.documents()].filter(([key]) => key.startsWith('ordermill:shards:'))
      sizes.push(Math.max(...shards.map(([, text]) => text.length)))
    }
    assert.ok(Math.max(...sizes) < 20_000, `shards have ${String(sizes)} characters`)
    const largest = Math.max(...[...proxy.documents().values()].map((text) => text.length))
    assert.ok(largest < 1_000_000, `the largest document has ${largest} characters`)
  })
})

function reusedFact(order: Order, offset: number) {
  return orderFact(order, offset, { identity: identityOf(order, 'replace') })
}

function assertShown(document: string | undefined, createdAtMs: number, status: string): void {
  const { created_at, status: shown } = JSON.parse(document ?? '{}') as Readonly<Record<string, unknown>>
  assert.deepEqual([created_at, shown], [new Date(createdAtMs).toISOString(), status])
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length <= 1) return [items]
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]))
}

async function fillWithEverything(store: ReturnType<typeof openCouchbaseStore>): Promise<void> {
  const { apply } = await orderWriter(store)
  await apply(
    orderFact(anOrder(1), 0),
    orderFact(anOrder(2), 1),
    orderFact(anOrder(1, { status: 'CONFIRMED' }), 2),
    reusedFact(anOrder(5), 3),
    reusedFact(anOrder(5, { createdAtMs: noonMs + 1 }), 4),
  )
  const claim = await store.claim(paymentShard(), 'payer')
  const payment = paymentFact(anOrder(1), 0)
  await store.reserve(claim, [payment])
  const answer = { kind: 'settled', outcome: 'PAID', atMs: noonMs } as const
  await store.settle(claim, [{ ...payment, answer }], progressTo(1))
  await applyViews(store, [alertFact(1, 0), letterFact(1, { orderId: 1 })])
  await store.remember({ principal: 'p', key: 'k', fingerprint: 'f', idsNeeded: 2, atMs: noonMs })
  await store.complete('p', 'k', '{}')
}
