import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import {
  anOrder,
  noonMs,
  orderFact,
  orderJson,
  paymentFact,
  paymentShard,
  progressTo,
} from '../../support/order-facts.ts'
import { orderWriter, type StoreOpeners } from './open-store.ts'
import { alertFact, applyViews, letterFact } from './views.ts'

async function fill(store: OrderStore): Promise<void> {
  const hostile = `,"__proto__":{"polluted":true},"constructor":"x","sql":"'); DROP TABLE orders;--"`
  const { apply } = await orderWriter(store)
  await apply(orderFact(anOrder(1), 0, { json: orderJson(anOrder(1), hostile) }), orderFact(anOrder(2), 1))
  const claim = await store.claim(paymentShard(), 'payer')
  await store.reserve(claim, [paymentFact(anOrder(1), 0), paymentFact(anOrder(2), 1)])
  const answer = { kind: 'settled', outcome: 'PAID', atMs: noonMs } as const
  await store.settle(claim, [{ ...paymentFact(anOrder(1), 0), answer }], progressTo(1))
  await applyViews(store, [alertFact(1, 0), letterFact(1)])
  await store.remember({ principal: 'p', key: 'k', fingerprint: 'f', idsNeeded: 2, atMs: noonMs })
  await store.noteOrderIds(40)
}

/** All that can be read without a search. */
async function picture(store: OrderStore) {
  return {
    orders: await Promise.all([1, 2].map((id) => store.findOrder(id))),
    totals: await store.totals(),
    payments: await store.payments(),
    views: await store.viewCounts(),
    series: await store.series({ fromMs: 0, toMs: 1e15 }),
    request: await store.remember({ principal: 'p', key: 'k', fingerprint: 'f', idsNeeded: 2, atMs: 0 }),
  }
}

export function testRestart(openers: StoreOpeners): void {
  it('keeps everything when it is closed and opened again', async (t) => {
    const open = await openers(t)
    const first = await open()
    await fill(first)
    const before = await picture(first)
    await first.close()
    const second = await open()
    t.after(() => second.close())
    assert.deepEqual(await picture(second), before)
    assert.equal(before.totals.totals.overall.orderCount, 2)
    const { claim, apply } = await orderWriter(second)
    assert.equal(claim().next, 2)
    assert.deepEqual(await apply(orderFact(anOrder(1), 0), orderFact(anOrder(2), 2)), [
      { kind: 'first' },
      { kind: 'duplicate' },
    ])
    assert.equal(await second.reserveOrderIds(1), 41)
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  })
}
