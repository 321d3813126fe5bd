import assert from 'node:assert/strict'
import { it } from 'node:test'
import { hasCode } from '../../../src/errors.ts'
import type { OrderFact } from '../../../src/ports/order-book.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { RebuildStore } from '../../../src/ports/rebuilds.ts'
import {
  anOrder,
  orderFact,
  paymentFact,
  paymentShard,
  progressTo,
  shardKey,
  viewShard,
} from '../../support/order-facts.ts'
import { closedAfter, openFor, orderWriter, type StoreOpeners } from './open-store.ts'
import { alertFact, letterFact } from './views.ts'

const facts: readonly OrderFact[] = [
  orderFact(anOrder(1), 0),
  orderFact(anOrder(2), 1),
  orderFact(anOrder(1), 2),
  orderFact(anOrder(1, { status: 'CONFIRMED' }), 3),
  { kind: 'refused', offset: 4 },
  orderFact(anOrder(3, { customerId: 7 }), 5),
]
const views = [alertFact(1, 0), letterFact(1), letterFact(2)]

/** Applies the log up to `next`, from where the claim stands. */
async function fold(store: RebuildStore, next = 6): Promise<void> {
  const orders = await store.claim(shardKey(), 'rebuild')
  await store.applyOrders(orders, facts.slice(0, next), progressTo(next))
  const paid = await store.claim(paymentShard(), 'rebuild')
  const payments = [paymentFact(anOrder(1), 0), paymentFact(anOrder(2), 1)]
  await store.reserve(paid, payments)
  const answer = { kind: 'settled', outcome: 'PAID', atMs: 5 } as const
  await store.settle(
    paid,
    payments.map((fact) => ({ ...fact, answer })),
    progressTo(2),
  )
  await store.applyViews(await store.claim(viewShard(), 'rebuild'), views, progressTo(3))
}

async function picture(store: OrderStore) {
  const [totals, payments, counts, series, ...stories] = await Promise.all([
    store.totals(),
    store.payments(),
    store.viewCounts(),
    store.series({ fromMs: 0, toMs: 1e15 }),
    ...[1, 2, 3].map((id) => store.findOrder(id)),
  ])
  return { totals, payments, counts, series, stories }
}

export function testRebuilds(openers: StoreOpeners): void {
  it('counts as a store that was never damaged, and puts right what was stored wrongly', async (t) => {
    const sound = await openFor(t, openers)
    await fold(sound)
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    // Order 2 has a wrong amount, order 3 is missing, and order 2 is counted for records that the log does not have.
    const wrong = orderFact(anOrder(2, { amount: { currency: 'USD', minor: 5 } }), 1)
    await apply(...facts.slice(0, 1), wrong, ...facts.slice(2, 5), { kind: 'tombstone', offset: 5 })
    assert.notDeepEqual((await store.totals()).totals, (await sound.totals()).totals)
    await fold(await store.openRebuild('r1'))
    await store.switchTo('r1')
    assert.deepEqual(await picture(store), await picture(sound))
  })

  it('is seen by nobody before the switch, and at once by everybody after it', async (t) => {
    const open = await openers(t)
    const store = closedAfter(t, await open())
    const reader = closedAfter(t, await open())
    await fold(store)
    const before = await picture(reader)
    assert.equal(await reader.generation(), '')
    await (await store.openRebuild('r1')).claim(shardKey(), 'rebuild')
    assert.deepEqual(await picture(reader), before)
    await store.switchTo('r1')
    assert.equal(await reader.generation(), 'r1')
    assert.equal((await reader.totals()).totals.overall.orderCount, 0)
    assert.deepEqual(await reader.viewCounts(), { alerts: 0, deadLetters: 0, redriven: 0 })
  })

  it('fences the claims of before, whether the rebuild reached their shard or not', async (t) => {
    const store = await openFor(t, openers)
    const known = await store.claim(shardKey(), 'writer')
    const unknown = await store.claim(shardKey({ partition: 1 }), 'writer')
    await (await store.openRebuild('r1')).claim(shardKey(), 'rebuild')
    await store.switchTo('r1')
    for (const claim of [known, unknown]) {
      await assert.rejects(store.applyOrders(claim, [], progressTo(1)), (error) => hasCode(error, 'FENCED'))
      const fresh = await store.claim(claim.shard, 'writer')
      assert.ok(fresh.epoch > claim.epoch)
      assert.deepEqual([fresh.from, fresh.next], [0, 0])
    }
  })

  it('loses nothing that was applied meanwhile: who claims anew catches up, and newer records stand', async (t) => {
    const sound = await openFor(t, openers)
    await fold(sound)
    const store = await openFor(t, openers)
    const rebuild = await store.openRebuild('r1')
    await fold(rebuild, 2)
    const live = await orderWriter(store)
    const answers = await live.apply(...facts)
    assert.equal((await store.findOrder(1))[0]?.order?.status, 'CONFIRMED')
    await store.switchTo('r1')
    assert.equal((await store.findOrder(1))[0]?.order?.status, 'CONFIRMED')
    const caughtUp = await orderWriter(store)
    assert.equal(caughtUp.claim().next, 2)
    assert.deepEqual(await caughtUp.apply(...facts), answers)
    assert.deepEqual(await picture(store), await picture(sound))
  })

  it('goes on where another process left it, and switches once however often it is asked', async (t) => {
    const open = await openers(t)
    const [store, other] = [closedAfter(t, await open()), closedAfter(t, await open())]
    await fold(await store.openRebuild('r1'))
    const again = await other.openRebuild('r1')
    assert.equal((await again.claim(shardKey(), 'rebuild')).next, 6)
    await other.switchTo('r1')
    const { epoch } = await store.claim(shardKey(), 'writer')
    await store.switchTo('r1')
    assert.equal((await store.claim(shardKey(), 'writer')).epoch, epoch + 1)
    await fold(await store.openRebuild('r2'))
    await store.switchTo('r2')
    assert.equal(await other.generation(), 'r2')
    assert.equal((await other.totals()).totals.overall.orderCount, 3)
  })

  it('can be dropped, and begins empty then; the live one can not', async (t) => {
    const store = await openFor(t, openers)
    await fold(await store.openRebuild('r1'))
    await store.dropRebuild('r1')
    await store.dropRebuild('r1')
    await assert.rejects(store.switchTo('r1'), (error) => hasCode(error, 'NOT_FOUND'))
    assert.deepEqual(await (await store.openRebuild('r1')).shards(), [])
    await store.switchTo('r1')
    await assert.rejects(store.dropRebuild('r1'), (error) => hasCode(error, 'REQUEST_INVALID'))
    await assert.rejects(store.openRebuild('r1'), (error) => hasCode(error, 'REQUEST_INVALID'))
  })
}
