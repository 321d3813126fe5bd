import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import { decodeOrder } from '../../src/codec/order-codec.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { OrdermillError } from '../../src/errors.ts'
import type { Log } from '../../src/ports/log.ts'
import { runProducer, type ProducerOptions } from '../../src/services/producer.ts'
import { readTopic, textOf } from '../support/log-harness.ts'
import { headerOf, jsonOf } from '../support/order-json.ts'

async function openOrders(): Promise<Log> {
  const log = openMemoryLog()
  await log.createTopics([{ name: 'orders', partitions: 2, recordBytesMax: 10_000 }])
  return log
}

function optionsFor(log: Pick<Log, 'append'>, over: Partial<ProducerOptions> = {}): ProducerOptions {
  return {
    log,
    intake: openMemoryStore(),
    topic: 'orders',
    run: 'run-1',
    random: seededRandom(7),
    now: () => Date.UTC(2026, 0, 2),
    sleep: () => Promise.resolve(),
    sleepMs: 0,
    count: 1_200,
    ...over,
  }
}

const running = new AbortController().signal

describe('the producer', () => {
  it('appends orders as the contract describes them, and says where each of them is', async () => {
    const log = await openOrders()
    const acknowledged: number[] = []
    await runProducer(optionsFor(log, { onAcknowledged: (id) => acknowledged.push(id) }), running)
    const records = await readTopic(log, 'orders')
    assert.equal(records.length, 1_200)
    assert.deepEqual(
      acknowledged.toSorted((a, b) => a - b),
      Array.from({ length: 1_200 }, (_, index) => index + 1),
    )
    for (const record of records) {
      const { order } = decodeOrder(record)
      const { customer_id: customerId, source } = jsonOf(record)
      assert.equal(textOf(record.key), String(order.id))
      assert.ok(order.amount.minor >= 1_000 && order.amount.minor <= 50_000)
      assert.ok(Number(customerId) >= 1_000 && Number(customerId) <= 9_999 && source === 'order-service')
    }
    const ids = new Set(records.map((record) => headerOf(record, 'event-id')))
    assert.ok(ids.size === 1_200 && ids.has('producer/run-1/0') && ids.has('producer/run-1/1199'))
  })

  it('makes the same orders for the same seed, and goes on with its ids after a restart', async () => {
    const intake = openMemoryStore()
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const log = await openOrders()
        await runProducer(optionsFor(log, { intake, count: 5 }), running)
        return (await readTopic(log, 'orders')).map(jsonOf)
      }),
    )
    const withoutIds = runs.map((orders) => orders.map(({ order_id: _, ...rest }) => JSON.stringify(rest)).toSorted())
    assert.deepEqual(withoutIds[0], withoutIds[1])
    const ids = runs.flat().map(({ order_id: id }) => id)
    assert.equal(new Set(ids).size, 10)
  })

  it('pauses between two orders, and stops when it is told to', async () => {
    const controller = new AbortController()
    const pauses: number[] = []
    const log = await openOrders()
    const options = optionsFor(log, {
      count: 100,
      sleepMs: 2_000,
      sleep: (ms) => {
        if (pauses.push(ms) === 3) controller.abort()
        return Promise.resolve()
      },
    })
    await runProducer(options, controller.signal)
    assert.deepEqual(pauses, [2_000, 2_000, 2_000])
    assert.equal((await readTopic(log, 'orders')).length, 3)
  })

  // Several appends wait at once. When the log failed, the first failure was reported and the others were rejections that
  // nobody handled, which ends the process.
  it('reports a log that is away once, and leaves no rejection unhandled', async (t) => {
    const unhandled: unknown[] = []
    const note = (error: unknown): number => unhandled.push(error)
    process.on('unhandledRejection', note)
    t.after(() => process.off('unhandledRejection', note))
    const append = async (): Promise<never> => {
      await new Promise(setImmediate)
      throw new OrdermillError('LOG_UNAVAILABLE', 'the disk is full')
    }
    await assert.rejects(runProducer(optionsFor({ append }, { count: 10_000 }), running), { code: 'LOG_UNAVAILABLE' })
    await new Promise(setImmediate)
    assert.deepEqual(unhandled, [])
  })
})
