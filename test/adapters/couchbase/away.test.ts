import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { CouchbaseStoreOptions } from '../../../src/adapters/couchbase/couchbase-options.ts'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import { hasCode } from '../../../src/errors.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { Claim } from '../../../src/ports/shards.ts'
import { alertFact } from '../../contract/order-store/views.ts'
import { bucketNames, freshBuckets, storeOptions } from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { opcodes, startWireProxy, type WireProxy } from '../../support/couchbase/wire-proxy.ts'
import {
  anOrder,
  orderFact,
  paymentFact,
  paymentShard,
  progressTo,
  shardKey,
  viewShard,
} from '../../support/order-facts.ts'
import { waitFor } from '../../support/wait-for.ts'

const timeouts = { kvTimeoutMs: 300, connectTimeoutMs: 1_000, queryTimeoutMs: 300 }
/** A write is sent twice at most, and what else a call does waits for that; the rest is for busy machines. */
const callLimitMs = 2 * timeouts.kvTimeoutMs + timeouts.connectTimeoutMs + 20_000
const tasksMax = 256

type Claims = Readonly<Record<'orders' | 'payments' | 'views', Claim>>

describe('a Couchbase store whose server is away', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(12) }))

  async function behindProxy(t: TestContext, over: Partial<CouchbaseStoreOptions> = {}) {
    const proxy = await startWireProxy(take())
    const store = openCouchbaseStore(storeOptions(proxy, { ...timeouts, ...over }))
    t.after(async () => {
      await store.close()
      proxy.close()
    })
    return { proxy, store }
  }

  const advice = /check COUCHBASE_HOST|no answer in time from 127\.0\.0\.1:\d+; see/
  const absences: readonly Readonly<{
    what: string
    leave: (proxy: WireProxy) => void
    comeBack: (proxy: WireProxy) => void | Promise<void>
    advice: RegExp
  }>[] = [
    {
      what: 'refuses connections',
      leave: (proxy) => proxy.refuse(),
      comeBack: (proxy) => proxy.accept(),
      advice,
    },
    {
      what: 'is silent',
      leave: (proxy) => proxy.halfOpen(),
      comeBack: (proxy) => proxy.forward(),
      advice,
    },
  ]

  for (const { what, leave, comeBack, advice } of absences) {
    it(`refuses every call in time and says what to check when it ${what}, and works again by itself`, async (t) => {
      const { proxy, store } = await behindProxy(t)
      const claims = await claimAll(store)
      leave(proxy)
      for (const [name, call] of Object.entries(callsOf(store, claims))) await assertAway(name, call, advice)
      await comeBack(proxy)
      await waitUntilWorks(store)
      for (const call of Object.values(callsOf(store, await claimAll(store)))) await call()
      assert.equal((await store.totals()).totals.overall.orderCount, 1)
    })
  }

  it('can be opened before the server can be reached, and works once it can', async (t) => {
    const { proxy, store } = await behindProxy(t)
    proxy.refuse()
    await assertAway('claim', () => store.claim(shardKey(), 'owner'), /check COUCHBASE_HOST/)
    await assertAway('totals', () => store.totals(), /check COUCHBASE_HOST/)
    await proxy.accept()
    await waitUntilWorks(store)
    await claimAll(store)
  })

  it('is not asked for more than it can be waited for: a batch of 5,000 orders stops at the first that fail', async (t) => {
    const { proxy, store } = await behindProxy(t)
    const claim = await store.claim(shardKey(), 'owner')
    const facts = Array.from({ length: 5_000 }, (_, n) => orderFact(anOrder(n + 1), n))
    const before = proxy.requests(opcodes.add)
    const silence = proxy.loseRequest({ opcode: opcodes.add, times: Infinity })
    await assertAway('applyOrders', () => store.applyOrders(claim, facts, progressTo(5_000)), /no answer in time/)
    const asked = proxy.requests(opcodes.add) - before
    assert.ok(asked >= tasksMax && asked <= 2 * tasksMax, `${asked} requests`)
    silence.lift()
    await untilDone('all are written', async () =>
      store.applyOrders(await store.claim(shardKey(), 'owner'), facts, progressTo(5_000)),
    )
    assert.equal((await store.totals()).totals.overall.orderCount, 5_000)
  })

  it('can be closed while the server is away', async (t) => {
    for (const { what, leave, comeBack } of absences) {
      const { proxy, store } = await behindProxy(t)
      await claimAll(store)
      leave(proxy)
      const lost = store.totals().catch((error: unknown) => error)
      await inTime(`close, when the server ${what}`, () => store.close())
      assert.ok(hasCode(await lost, 'STORE_UNAVAILABLE'))
      await assert.rejects(store.totals(), isUnavailable)
      await comeBack(proxy)
    }
  })

  it('can be closed before it was ever connected', async (t) => {
    const { proxy, store } = await behindProxy(t)
    proxy.refuse()
    const lost = store.totals().catch((error: unknown) => error)
    await inTime('close', () => store.close())
    assert.ok(hasCode(await lost, 'STORE_UNAVAILABLE'))
  })
})

/** One of each kind, that can be repeated. */
function callsOf(store: OrderStore, claims: Claims): Readonly<Record<string, () => Promise<unknown>>> {
  const payment = paymentFact(anOrder(1), 0)
  const settled = { ...payment, answer: { kind: 'settled', outcome: 'PAID', atMs: 1 } } as const
  return {
    claim: () => store.claim(shardKey({ partition: 9 }), 'owner'),
    applyOrders: () => store.applyOrders(claims.orders, [orderFact(anOrder(1), 0)], progressTo(1)),
    reserve: () => store.reserve(claims.payments, [payment]),
    settle: () => store.settle(claims.payments, [settled], progressTo(1)),
    applyViews: () => store.applyViews(claims.views, [alertFact(1, 0)], progressTo(1)),
    totals: () => store.totals(),
    payments: () => store.payments(),
    viewCounts: () => store.viewCounts(),
    series: () => store.series({ fromMs: 0, toMs: 1e15 }),
    version: () => store.version(),
    findOrder: () => store.findOrder(1),
    searchOrders: () => store.searchOrders({ sort: 'newest', limit: 5 }),
    reserveOrderIds: () => store.reserveOrderIds(1),
    noteOrderIds: () => store.noteOrderIds(100),
    remember: () => store.remember({ principal: 'p', key: 'k', fingerprint: 'f', idsNeeded: 1, atMs: 0 }),
    complete: () => store.complete('p', 'k', '{}'),
  }
}

async function claimAll(store: OrderStore): Promise<Claims> {
  const [orders, payments, views] = await Promise.all(
    [shardKey(), paymentShard(), viewShard()].map((shard) => store.claim(shard, 'owner')),
  )
  assert.ok(orders && payments && views)
  return { orders, payments, views }
}

async function assertAway(name: string, call: () => Promise<unknown>, advice: RegExp): Promise<void> {
  await inTime(name, () =>
    assert.rejects(
      call(),
      (error) => {
        assert.ok(isUnavailable(error), `${name} says ${String(error)}`)
        assert.match(error.message, advice, name)
        return true
      },
      name,
    ),
  )
}

function isUnavailable(error: unknown): error is Error {
  return hasCode(error, 'STORE_UNAVAILABLE')
}

async function inTime(name: string, work: () => Promise<unknown>): Promise<void> {
  const startMs = performance.now()
  await work()
  const elapsedMs = Math.round(performance.now() - startMs)
  assert.ok(elapsedMs <= callLimitMs, `${name} took ${elapsedMs} ms`)
}

/** Nobody opens it anew: it mends itself. */
function waitUntilWorks(store: OrderStore): Promise<void> {
  return untilDone('the store works again', () => store.totals())
}

async function untilDone(what: string, work: () => Promise<unknown>): Promise<void> {
  await waitFor(what, async () => {
    try {
      await work()
      return true
    } catch (error) {
      if (!isUnavailable(error)) throw error
      return false
    }
  })
}
