import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import { engineMethods } from '../../src/engine/engine-methods.ts'
import { untilStartIsCounted } from '../../src/engine/start-counted.ts'
import { hasCode } from '../../src/errors.ts'
import type { Log } from '../../src/ports/log.ts'
import { anOrder, noonMs, orderFact, progressTo, shardKey } from '../support/order-facts.ts'
import { orderRecord } from '../support/order-json.ts'

const rest = { metricsText: () => Promise.resolve(''), stop: () => Promise.resolve() }

/** A log with an order of that id, and a store that has not read it. */
async function openUncounted(orderId: number) {
  const [log, store] = [openMemoryLog(), openMemoryStore()]
  await log.createTopics([{ name: 'orders', partitions: 1, recordBytesMax: 100_000 }])
  const [position] = await log.append([orderRecord(orderId)])
  const count = async (): Promise<void> => {
    const shard = shardKey({ topicId: position?.topicId ?? '' })
    await store.applyOrders(await store.claim(shard, 'test'), [orderFact(anOrder(orderId), 0)], progressTo(1))
  }
  return { log, store, count }
}

describe('order ids of an engine', () => {
  it('are given when the orders from before its start are counted, and not before', async () => {
    const { log, store, count } = await openUncounted(500)
    const methods = engineMethods({ log, store, services: () => [] }, 'orders', rest)
    const request = { principal: 'p', key: 'k', fingerprint: 'f', idsNeeded: 1, atMs: noonMs }
    const ids = Promise.all([
      methods.reserveOrderIds(1),
      methods.remember(request).then(({ firstOrderId }) => firstOrderId),
    ])
    await methods.remember({ ...request, key: 'none needed', idsNeeded: 0 })
    await count()
    assert.deepEqual((await ids).toSorted(), [501, 502])
  })

  it('do not wait for what comes later, nor look again', async () => {
    const { log, store, count } = await openUncounted(500)
    let looks = 0
    const totals = () => ((looks += 1), store.totals())
    const methods = engineMethods({ log, store: { ...store, totals }, services: () => [] }, 'orders', rest)
    await count()
    await log.append([orderRecord(900)])
    assert.equal(await methods.reserveOrderIds(1), 501)
    assert.equal(await methods.reserveOrderIds(1), 502)
    assert.equal(looks, 1)
  })

  it('are refused for now when counting takes long', async () => {
    const { log, store, count } = await openUncounted(500)
    const counted = untilStartIsCounted(log, store, 'orders', { waitMs: 0 })
    await assert.rejects(counted(), (error) => hasCode(error, 'STORE_UNAVAILABLE') && /still being/.test(error.message))
    await count()
    await counted()
  })

  it('need no look where the log can not say what it holds until somebody asks', async () => {
    const { log, store } = await openUncounted(500)
    const broken: Log = { ...log, topics: () => Promise.reject(new Error('gone')) }
    await assert.rejects(untilStartIsCounted(broken, store, 'orders')(), /gone/)
  })
})
