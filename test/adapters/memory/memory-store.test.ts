import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryStoreState, type MemoryStoreState } from '../../../src/adapters/memory/memory-store-state.ts'
import { openMemoryStore } from '../../../src/adapters/memory/memory-store.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import { describeOrderStoreContract } from '../../contract/order-store.contract.ts'
import { orderWriter } from '../../contract/order-store/open-store.ts'
import { alertFact, letterFact } from '../../contract/order-store/views.ts'
import {
  anOrder,
  noonMs,
  orderFact,
  paymentFact,
  paymentShard,
  progressTo,
  viewShard,
} from '../../support/order-facts.ts'

describeOrderStoreContract('memory', () => {
  const state = openMemoryStoreState()
  return Promise.resolve(() => Promise.resolve(openMemoryStore({ state })))
})

describe('memory: a crash between any two steps', () => {
  it('counts every order once after a replay', async () => {
    const order = anOrder(1)
    const facts = [orderFact(order, 0), orderFact({ ...order, status: 'CONFIRMED' }, 1), orderFact(anOrder(2), 2)]
    const pictures = await crashEverywhere(async (store) => {
      const { apply } = await orderWriter(store)
      await apply(...facts)
    })
    assert.ok(pictures.size > 1, 'there are steps to crash between')
    for (const picture of pictures.values()) assert.deepEqual(picture, pictures.get(0))
    const { totals } = pictures.get(0)?.totals ?? {}
    assert.equal(totals?.overall.orderCount, 2)
  })

  it('counts every payment once after a replay', async () => {
    const answer = { kind: 'settled', outcome: 'PAID', atMs: noonMs } as const
    const facts = [paymentFact(anOrder(1), 0), paymentFact(anOrder(2), 1)]
    const pictures = await crashEverywhere(async (store) => {
      const claim = await store.claim(paymentShard(), 'payer')
      await store.reserve(claim, facts)
      await store.settle(
        claim,
        facts.map((fact) => ({ ...fact, answer })),
        progressTo(2),
      )
    })
    for (const picture of pictures.values()) assert.deepEqual(picture, pictures.get(0))
    assert.equal(pictures.get(0)?.payments.tally.paid, 2)
  })

  it('counts every view once after a replay', async () => {
    const pictures = await crashEverywhere(async (store) => {
      const claim = await store.claim(viewShard(), 'views')
      await store.applyViews(claim, [alertFact(1, 0), alertFact(1, 1), letterFact(2)], progressTo(3))
    })
    for (const picture of pictures.values()) assert.deepEqual(picture, pictures.get(0))
    assert.deepEqual(pictures.get(0)?.views, { alerts: 1, deadLetters: 1, redriven: 0 })
  })
})

const crash = new Error('crash')

/** Runs `work` until its k-th step, for every k, then once more as its next owner; what is to be seen then, by k. */
async function crashEverywhere(work: (store: OrderStore) => Promise<void>) {
  const pictures = new Map<number, Awaited<ReturnType<typeof pictureOf>>>()
  for (let k = 0; ; k += 1) {
    const state = openMemoryStoreState()
    const finished = await crashAt(state, k, work)
    await work(openMemoryStore({ state }))
    pictures.set(k, await pictureOf(openMemoryStore({ state })))
    if (finished) return pictures
  }
}

async function crashAt(
  state: MemoryStoreState,
  k: number,
  work: (store: OrderStore) => Promise<void>,
): Promise<boolean> {
  let steps = 0
  const pause = () => (steps++ === k ? Promise.reject(crash) : Promise.resolve())
  try {
    await work(openMemoryStore({ state, pause }))
    return true
  } catch (error) {
    assert.equal(error, crash)
    return false
  }
}

async function pictureOf(store: OrderStore) {
  return {
    orders: await Promise.all([1, 2].map((id) => store.findOrder(id))),
    totals: await store.totals(),
    payments: await store.payments(),
    views: await store.viewCounts(),
    series: await store.series({ fromMs: 0, toMs: 1e15 }),
  }
}
