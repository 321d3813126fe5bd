import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { OrderFact } from '../../../src/ports/order-book.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import { anOrder, orderFact, progressTo, shardKey } from '../../support/order-facts.ts'
import { openFor, orderWriter, type StoreOpeners } from './open-store.ts'

const order = anOrder(1)
const facts: readonly OrderFact[] = [
  orderFact(order, 0),
  orderFact(order, 1),
  orderFact({ ...order, status: 'CONFIRMED' }, 3),
  { kind: 'refused', offset: 4 },
  orderFact({ ...order, country: 'DE' }, 7),
  orderFact(anOrder(2), 8),
]

/** All that a reader can see of two orders. */
async function picture(store: OrderStore) {
  const stories = await Promise.all([store.findOrder(1), store.findOrder(2)])
  return { stories, totals: await store.totals(), series: await store.series({ fromMs: 0, toMs: 1e15 }) }
}

export function testReplay(openers: StoreOpeners): void {
  it('answers a batch that comes again as before, and changes nothing', async (t) => {
    const store = await openFor(t, openers)
    const answers = await (await orderWriter(store)).apply(...facts)
    const before = await picture(store)
    const again = await orderWriter(store)
    assert.equal(again.claim().next, 9)
    assert.deepEqual(await again.apply(...facts), answers)
    assert.deepEqual(await picture(store), before)
  })

  it('counts only the new half of a batch that was cut differently', async (t) => {
    const whole = await openFor(t, openers)
    const answers = await (await orderWriter(whole)).apply(...facts)
    const expected = await picture(whole)
    for (let cut = 1; cut < facts.length; cut += 1) {
      const store = await openFor(t, openers)
      await (await orderWriter(store)).apply(...facts.slice(0, cut))
      assert.deepEqual(await (await orderWriter(store)).apply(...facts), answers, `cut before ${cut}`)
      assert.deepEqual(await picture(store), expected, `cut before ${cut}`)
    }
  })

  it('goes on after a batch that was wholly repeated', async (t) => {
    const store = await openFor(t, openers)
    await (await orderWriter(store)).apply(...facts)
    const again = await orderWriter(store)
    await again.apply(...facts.slice(0, 2))
    await again.apply(...facts.slice(2), orderFact(anOrder(3), 9))
    const { totals, asOf } = await store.totals()
    assert.equal(totals.overall.orderCount, 3)
    assert.equal(asOf.get('orders')?.get(0), 10)
  })

  it('applies a batch once when its reply was lost and it is sent again', async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(shardKey(), 'writer')
    const progress = progressTo(9)
    const answers = await store.applyOrders(claim, facts, progress)
    const before = await picture(store)
    assert.deepEqual(await store.applyOrders(claim, facts, progress), answers)
    assert.deepEqual(await picture(store), before)
  })

  it('repeats a recorded answer whatever came in between', async (t) => {
    const store = await openFor(t, openers)
    const [change] = [orderFact({ ...order, status: 'CONFIRMED' }, 1)]
    const writer = await orderWriter(store)
    await writer.apply(orderFact(order, 0), change)
    const { apply } = await orderWriter(store, { partition: 1 })
    await apply(orderFact({ ...order, status: 'CANCELLED' }, 0))
    const answers = await writer.apply(orderFact(order, 0), change)
    assert.deepEqual(answers, [{ kind: 'first' }, { kind: 'status-change', from: 'CREATED' }])
    assert.equal((await store.findOrder(1))[0]?.order?.status, 'CANCELLED')
  })

  it('takes nothing from a record below what was applied, even one that it never saw', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    await apply(orderFact(order, 0), orderFact(anOrder(2), 8))
    const before = await picture(store)
    const [late, change] = [orderFact(anOrder(3), 5), orderFact({ ...order, status: 'CANCELLED' }, 6)]
    await apply(late, change)
    await apply(late, change, { kind: 'tombstone', offset: 9 })
    const { totals } = await store.totals()
    assert.deepEqual(totals, { ...before.totals.totals, tombstones: 1 })
    assert.deepEqual((await picture(store)).stories, before.stories)
    assert.deepEqual(await store.findOrder(3), [])
  })

  it('moves on over a batch without a fact', async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(shardKey(), 'writer')
    assert.deepEqual(await store.applyOrders(claim, [], progressTo(5)), [])
    assert.equal((await store.claim(shardKey(), 'writer')).next, 5)
  })
}
