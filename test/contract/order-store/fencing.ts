import assert from 'node:assert/strict'
import { it } from 'node:test'
import { hasCode } from '../../../src/errors.ts'
import type { Claim, Progress } from '../../../src/ports/shards.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { SettledFact } from '../../../src/ports/payment-ledger.ts'
import {
  anOrder,
  orderFact,
  paymentFact,
  paymentShard,
  progressTo,
  shardKey,
  viewShard,
} from '../../support/order-facts.ts'
import { closedAfter, openFor, type StoreOpeners } from './open-store.ts'
import { alertFact } from './views.ts'

const isFenced = (error: unknown) => hasCode(error, 'FENCED')
const paid: SettledFact = { ...paymentFact(anOrder(1), 0), answer: { kind: 'settled', outcome: 'PAID', atMs: 5 } }

export function testFencing(openers: StoreOpeners): void {
  it('gives every claim a greater epoch and where the shard is', async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(shardKey(), 'one')
    assert.deepEqual([claim.from, claim.next], [0, 0])
    await store.applyOrders(claim, [orderFact(anOrder(1), 4)], progressTo(5, 4))
    const newer = await store.claim(shardKey(), 'two')
    assert.ok(newer.epoch > claim.epoch)
    assert.deepEqual([newer.from, newer.next], [4, 5])
    const other = await store.claim(shardKey({ topicId: 'topic-2' }), 'one')
    assert.deepEqual([other.from, other.next], [0, 0])
  })

  it('refuses orders of a stale claim, and counts nothing of them', async (t) => {
    const store = await openFor(t, openers)
    const stale = await store.claim(shardKey(), 'zombie')
    const claim = await store.claim(shardKey(), 'owner')
    const facts = [orderFact(anOrder(1), 0), orderFact({ ...anOrder(1), status: 'CONFIRMED' }, 1)]
    await assert.rejects(store.applyOrders(stale, facts, progressTo(2)), isFenced)
    assert.equal((await store.totals()).totals.overall.orderCount, 0)
    assert.deepEqual(await store.series({ fromMs: 0, toMs: 1e15 }), [])
    const answers = await store.applyOrders(claim, facts, progressTo(2))
    assert.deepEqual(answers, [{ kind: 'first' }, { kind: 'status-change', from: 'CREATED' }])
    assert.equal((await store.totals()).totals.overall.orderCount, 1)
  })

  it('refuses outcomes of a stale claim, and counts nothing of them', async (t) => {
    const store = await openFor(t, openers)
    const stale = await store.claim(paymentShard(), 'zombie')
    await store.reserve(stale, [paid])
    const claim = await store.claim(paymentShard(), 'owner')
    await assert.rejects(store.settle(stale, [paid], progressTo(1)), isFenced)
    assert.equal((await store.payments()).tally.paid, 0)
    await store.reserve(claim, [paid])
    await store.settle(claim, [paid], progressTo(1))
    assert.equal((await store.payments()).tally.paid, 1)
  })

  it('refuses views of a stale claim, and counts nothing of them', async (t) => {
    const store = await openFor(t, openers)
    const stale = await store.claim(viewShard(), 'zombie')
    const claim = await store.claim(viewShard(), 'owner')
    await assert.rejects(store.applyViews(stale, [alertFact(1, 0)], progressTo(1)), isFenced)
    assert.deepEqual(await store.viewCounts(), { alerts: 0, deadLetters: 0, redriven: 0 })
    await store.applyViews(claim, [alertFact(1, 0)], progressTo(1))
    assert.deepEqual(await store.viewCounts(), { alerts: 1, deadLetters: 0, redriven: 0 })
  })

  it('refuses a claim that was not advanced', async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(shardKey(), 'owner')
    await store.applyOrders(claim, [orderFact(anOrder(1), 0)], progressTo(1))
    await assert.rejects(store.applyOrders(claim, [orderFact(anOrder(2), 0)], progressTo(1)), isFenced)
    assert.equal((await store.totals()).totals.overall.orderCount, 1)
  })

  it('lets one of two racing claims through', async (t) => {
    const open = await openers(t)
    const stores = [closedAfter(t, await open()), closedAfter(t, await open())]
    const claims = await Promise.all(stores.map((store) => store.claim(shardKey(), 'racer')))
    assert.notEqual(claims[0]?.epoch, claims[1]?.epoch)
    const results = await Promise.allSettled(
      stores.flatMap((store, index) => (claims[index] ? [applyOne(store, claims[index], progressTo(1))] : [])),
    )
    const newest = Number(claims[1]?.epoch) > Number(claims[0]?.epoch) ? 1 : 0
    const statuses = results.map(({ status }) => status)
    assert.deepEqual(statuses, newest === 1 ? ['rejected', 'fulfilled'] : ['fulfilled', 'rejected'])
    assert.equal((await stores[0]?.totals())?.totals.overall.orderCount, 1)
  })
}

function applyOne(store: OrderStore, claim: Claim, progress: Progress) {
  return store.applyOrders(claim, [orderFact(anOrder(1), 0)], progress)
}
