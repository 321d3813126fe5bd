import assert from 'node:assert/strict'
import { it } from 'node:test'
import { anOrder, noonMs, orderFact, orderJson } from '../../support/order-facts.ts'
import { openFor, orderWriter, type StoreOpeners } from './open-store.ts'

const first = { kind: 'first' }
const duplicate = { kind: 'duplicate' }

export function testOrders(openers: StoreOpeners): void {
  it('answers first, duplicate, status change and conflict within one batch', async (t) => {
    const { apply } = await orderWriter(await openFor(t, openers))
    const order = anOrder(1)
    const answers = await apply(
      orderFact(order, 0),
      orderFact(order, 1),
      orderFact({ ...order, status: 'CONFIRMED' }, 2),
      orderFact({ ...order, status: 'CREATED' }, 3),
      orderFact({ ...order, country: 'DE', customerId: 7 }, 4),
      { kind: 'refused', offset: 5 },
      { kind: 'tombstone', offset: 6 },
      orderFact(anOrder(2), 7),
    )
    const change = { kind: 'status-change', from: 'CREATED' }
    const conflict = { kind: 'conflict', fields: ['customerId', 'country'] }
    assert.deepEqual(answers, [first, duplicate, change, duplicate, conflict, undefined, undefined, first])
  })

  it('answers the same across batches', async (t) => {
    const { apply } = await orderWriter(await openFor(t, openers))
    const order = anOrder(1)
    assert.deepEqual(await apply(orderFact(order, 0)), [first])
    assert.deepEqual(await apply(orderFact(order, 1)), [duplicate])
    const cancelled = orderFact({ ...order, status: 'CANCELLED' }, 2)
    assert.deepEqual(await apply(cancelled), [{ kind: 'status-change', from: 'CREATED' }])
    const confirmed = orderFact({ ...order, status: 'CONFIRMED' }, 3)
    assert.deepEqual(await apply(confirmed), [{ kind: 'status-change', from: 'CANCELLED' }])
    const richer = orderFact({ ...order, amount: { currency: 'USD', minor: 5 } }, 4)
    assert.deepEqual(await apply(richer), [{ kind: 'conflict', fields: ['amountMinor'] }])
  })

  it('lets one of several partitions make an order, whatever its key was', async (t) => {
    const store = await openFor(t, openers)
    const [left, right] = [await orderWriter(store, { partition: 0 }), await orderWriter(store, { partition: 1 })]
    const facts = [1, 2, 3, 4, 5].map((id, offset) => orderFact(anOrder(id), offset))
    const answers = await Promise.all([left.apply(...facts), right.apply(...facts)])
    const kinds = facts.map((_, index) =>
      String(answers.map((side) => side[index]?.kind).filter((kind) => kind === 'first')),
    )
    assert.deepEqual(
      kinds,
      facts.map(() => 'first'),
    )
    const { totals } = await store.totals()
    assert.equal(totals.overall.orderCount, 5)
    assert.equal(totals.duplicates, 5)
  })

  it('tells the same offset of another partition or another topic apart', async (t) => {
    const store = await openFor(t, openers)
    const order = anOrder(1)
    assert.deepEqual(await (await orderWriter(store)).apply(orderFact(order, 0)), [first])
    assert.deepEqual(await (await orderWriter(store, { partition: 1 })).apply(orderFact(order, 0)), [duplicate])
    assert.deepEqual(await (await orderWriter(store, { topicId: 'topic-2' })).apply(orderFact(order, 0)), [duplicate])
  })

  it('keeps orders with one id apart when their identity has a time', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    const facts = [noonMs, noonMs + 1].map((createdAtMs, offset) =>
      orderFact(anOrder(1, { createdAtMs }), offset, { identity: { orderId: 1, createdAtMs } }),
    )
    assert.deepEqual(await apply(...facts), [first, first])
    const stories = await store.findOrder(1)
    assert.deepEqual(
      stories.map(({ state }) => state?.content.createdAtMs),
      [noonMs, noonMs + 1],
    )
  })

  it('keeps the received text as it is, with three members added', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store, { partition: 3 })
    const extra = `, "__proto__": {"a": 1}, "note":"'); DROP TABLE orders; --\\u0000 \\" Ünïcödé 🧾", "n": 1.50e2`
    const json = ` ${orderJson(anOrder(1), extra)} \n`
    await apply(orderFact(anOrder(1), 41, { json, timestampMs: 1234 }))
    const [story] = await store.findOrder(1)
    const stamp = ',"processed_at":"1234","kafka_offset":41,"kafka_partition":3'
    assert.equal(story?.order?.document, ` ${orderJson(anOrder(1), extra + stamp)} \n`)
  })

  it('replaces the document on a status change, and on nothing else', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    const order = anOrder(1)
    const changed = { ...order, status: 'CONFIRMED' } as const
    const documents = async () => (await store.findOrder(1)).map((story) => story.order?.document)
    await apply(orderFact(order, 0))
    const [before] = await documents()
    await apply(orderFact(order, 1, { json: orderJson(order, ',"later":1') }))
    await apply(orderFact({ ...order, country: 'DE' }, 2))
    assert.deepEqual(await documents(), [before])
    const later = orderFact(changed, 3, { json: orderJson(changed, ',"later":2') })
    await apply(later)
    const stamp = `,"processed_at":"${later.timestampMs}","kafka_offset":3,"kafka_partition":0`
    assert.deepEqual(await documents(), [orderJson(changed, `,"later":2${stamp}`)])
    await apply(orderFact(order, 4), orderFact(changed, 5))
    assert.deepEqual(await documents(), [orderJson(changed, `,"later":2${stamp}`)])
  })

  it('shows the state with every entry, and the log time of the first', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store, { partition: 2 })
    const order = anOrder(9007199254740991, { amount: { currency: 'KWD', minor: 99_999_999_999_999 } })
    await apply(orderFact(order, 10), orderFact({ ...order, status: 'CANCELLED' }, 20))
    const [story] = await store.findOrder(order.id)
    assert.equal(story?.order?.status, 'CANCELLED')
    assert.equal(story?.order?.timestampMs, noonMs + 10)
    assert.deepEqual(story?.state, {
      content: {
        customerId: 1000,
        country: 'US',
        createdAtMs: noonMs,
        currency: 'KWD',
        amountMinor: 99_999_999_999_999,
      },
      entries: [
        { position: { topicId: 'topic-1', partition: 2, offset: 10 }, status: 'CREATED' },
        { position: { topicId: 'topic-1', partition: 2, offset: 20 }, status: 'CANCELLED' },
      ],
    })
  })

  it('finds nothing for an id that it never saw', async (t) => {
    const store = await openFor(t, openers)
    assert.deepEqual(await store.findOrder(404), [])
  })
}
