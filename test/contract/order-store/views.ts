import assert from 'node:assert/strict'
import { it } from 'node:test'
import { deadLetterId } from '../../../src/adapters/store/dead-letter-id.ts'
import { fraudReason } from '../../../src/domain/fraud.ts'
import { identityOf } from '../../../src/domain/order.ts'
import { advance, type Claim } from '../../../src/ports/shards.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { DeadLetter, ViewFact } from '../../../src/ports/view-store.ts'
import { anOrder, noonMs, orderFact, progressTo, viewShard } from '../../support/order-facts.ts'
import { openFor, orderWriter, type StoreOpeners } from './open-store.ts'

/** `identityMs` is 0 where order ids are never used again. */
export function alertFact(orderId: number, offset: number, identityMs = 0): Extract<ViewFact, { kind: 'alert' }> {
  const amount = { currency: 'USD', minor: 30_001 }
  const alert = { orderId, reason: fraudReason, amount, country: 'DE', createdAtMs: identityMs || noonMs } as const
  const identity = { orderId, createdAtMs: identityMs }
  return { kind: 'alert', offset, identity, alert, timestampMs: noonMs + offset }
}

export function letterFact(offset: number, over: Partial<DeadLetter> = {}): Extract<ViewFact, { kind: 'dead-letter' }> {
  const letter = {
    group: 'analytics-group',
    topic: 'orders',
    partition: 0,
    offset,
    letter: { topic: 'orders.analytics-group.dlq', partition: 1, offset: offset + 100 },
    code: 'RECORD_INVALID',
    message: 'no \'"JSON"\'; --',
    stage: 'decode',
    deliveryCount: 1,
    firstFailedAtMs: noonMs,
    timestampMs: noonMs + offset,
    orderId: null,
    redriveCount: 0,
    ...over,
  }
  return { kind: 'dead-letter', offset, letter }
}

/** Applies facts that follow each other to one shard. */
export async function applyViews(store: OrderStore, facts: readonly ViewFact[], partition = 0): Promise<Claim> {
  const claim = await store.claim(viewShard({ partition }), 'views')
  const progress = progressTo(Math.max(...facts.map(({ offset }) => offset)) + 1)
  await store.applyViews(claim, facts, progress)
  return advance(claim, progress)
}

export function testViews(openers: StoreOpeners): void {
  it('holds one alert an order, however often it is repeated', async (t) => {
    const store = await openFor(t, openers)
    await applyViews(store, [alertFact(1, 0), alertFact(1, 1), alertFact(2, 2), { kind: 'refused', offset: 3 }])
    await applyViews(store, [alertFact(1, 0), alertFact(1, 5)])
    await applyViews(store, [alertFact(2, 0), alertFact(3, 1)], 1)
    assert.deepEqual(await store.viewCounts(), { alerts: 3, deadLetters: 0, redriven: 0 })
    const [story] = await store.findOrder(1)
    assert.deepEqual(story?.alerts, [{ timestampMs: noonMs, alert: alertFact(1, 0).alert }])
  })

  it('holds one alert for each order that a used id had, and tells it in the story of that order', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    const [early, late, unread] = [-5, noonMs, noonMs + 1]
    const orders = [early, late].map((createdAtMs) => anOrder(1, { createdAtMs }))
    await apply(...orders.map((order, at) => orderFact(order, at, { identity: identityOf(order, 'replace') })))
    await applyViews(store, [alertFact(1, 0, early), alertFact(1, 1, late), alertFact(1, 2, late)])
    assert.deepEqual(await store.viewCounts(), { alerts: 2, deadLetters: 0, redriven: 0 })
    const told = async () => {
      const stories = await store.findOrder(1)
      return stories.map(({ state, alerts }) => [
        state?.content.createdAtMs,
        alerts.map(({ alert }) => alert.createdAtMs),
      ])
    }
    assert.deepEqual(await told(), [
      [early, [early]],
      [late, [late]],
    ])
    await applyViews(store, [alertFact(1, 3, unread), alertFact(2, 4, unread)])
    assert.deepEqual((await told()).at(-1), [undefined, [unread]])
    assert.equal((await store.findOrder(2)).length, 1)
  })

  it('tells an alert that does not say which order in the story of each', async (t) => {
    const store = await openFor(t, openers)
    const order = anOrder(1)
    await (await orderWriter(store)).apply(orderFact(order, 0, { identity: identityOf(order, 'replace') }))
    await applyViews(store, [alertFact(1, 0)])
    const stories = await store.findOrder(1)
    assert.deepEqual(
      stories.map(({ alerts }) => alerts.length),
      [1],
    )
  })

  it('holds one dead letter a group and original place', async (t) => {
    const store = await openFor(t, openers)
    await applyViews(store, [
      letterFact(0),
      letterFact(1, { offset: 0 }),
      letterFact(2, { offset: 0, group: 'payments-group' }),
    ])
    await applyViews(store, [
      letterFact(7, { offset: 0, message: 'again' }),
      letterFact(8, { offset: 0, partition: 1 }),
    ])
    assert.deepEqual(await store.viewCounts(), { alerts: 0, deadLetters: 3, redriven: 0 })
  })

  it('moves on over a batch that comes again, half old and half new', async (t) => {
    const store = await openFor(t, openers)
    await applyViews(store, [alertFact(1, 0), letterFact(1)])
    const unseen = alertFact(9, 1)
    const claim = await applyViews(store, [alertFact(1, 0), unseen, alertFact(2, 2)])
    assert.equal(claim.next, 3)
    assert.deepEqual(await store.viewCounts(), { alerts: 2, deadLetters: 1, redriven: 0 })
  })

  it('tells one story of an order: its alerts and the dead letters that speak of it', async (t) => {
    const store = await openFor(t, openers)
    await (await orderWriter(store)).apply(orderFact(anOrder(1), 0))
    await applyViews(store, [alertFact(1, 0), letterFact(1, { orderId: 1 }), letterFact(2, { orderId: 2 })])
    const [story] = await store.findOrder(1)
    assert.equal(story?.order?.orderId, 1)
    assert.equal(story.alerts.length, 1)
    assert.deepEqual(
      story.deadLetters.map(({ offset }) => offset),
      [1],
    )
    const [refused] = await store.findOrder(2)
    assert.deepEqual([refused?.order, refused?.state, refused?.payment], [undefined, undefined, undefined])
    assert.deepEqual(
      refused?.deadLetters.map(({ offset }) => offset),
      [2],
    )
  })

  it('knows the latest redrive of a letter, whatever came first, and counts the letter once', async (t) => {
    const store = await openFor(t, openers)
    const letter = letterFact(5)
    await applyViews(store, [letter])
    const id = deadLetterId(letter.letter)
    const redrive = (offset: number, atMs: number, letterId = id) => {
      const redriven = { atMs, job: 'j1', topic: 'orders.analytics-group.retry', partition: 0, offset }
      return { kind: 'redrive', offset, letterId, redriven } as const
    }
    const early = await openFor(t, openers)
    await applyViews(early, [redrive(0, 20), redrive(1, 10), { kind: 'nothing', offset: 2 }], 1)
    assert.equal(await early.findDeadLetter(id), undefined)
    await applyViews(early, [letter])
    await applyViews(store, [redrive(0, 20), redrive(1, 10), { kind: 'nothing', offset: 2 }], 1)
    for (const one of [store, early]) {
      assert.deepEqual((await one.findDeadLetter(id))?.redriven, redrive(0, 20).redriven)
      assert.deepEqual(await one.viewCounts(), { alerts: 0, deadLetters: 1, redriven: 1 })
      const summary = (await one.shards()).find(({ shard }) => shard.partition === 1)
      assert.deepEqual([summary?.next, summary?.owner, summary?.views?.redriven], [3, 'views', 1])
    }
  })
}
