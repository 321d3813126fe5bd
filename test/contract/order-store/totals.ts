import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { identityText, orderStatuses, type Order } from '../../../src/domain/order.ts'
import { contentOf, judgeOrder, type OrderState } from '../../../src/domain/order-state.ts'
import { countOrder, emptyTotals, type Totals } from '../../../src/domain/totals.ts'
import { anOrder, noonMs, orderFact, shardKey, type RecordedOrder } from '../../support/order-facts.ts'
import { openFor, orderWriter, totalsOf, type StoreOpeners } from './open-store.ts'

const amountMax = 99_999_999_999_999

export function testTotals(openers: StoreOpeners): void {
  it('is empty before the first order', async (t) => {
    const store = await openFor(t, openers)
    const { totals, asOf } = await store.totals()
    assert.deepEqual(totals, emptyTotals())
    assert.equal(asOf.size, 0)
  })

  it('sums exactly in every currency, beyond what a double holds', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    const currencies = ['USD', 'JPY', 'KWD']
    const orders = currencies.flatMap((currency, index) =>
      Array.from({ length: 200 }, (_, n) => anOrder(1 + n + index * 200, { amount: { currency, minor: amountMax } })),
    )
    await apply(...orders.map((order, offset) => orderFact(order, offset)))
    const sales = new Map(currencies.map((currency) => [currency, 200n * BigInt(amountMax)]))
    assert.deepEqual((await store.totals()).totals.overall, { orderCount: 600, sales })
    const series = await store.series({ fromMs: 0, toMs: 1e15 })
    const startMs = noonMs - (noonMs % 60_000)
    const expected = currencies.toSorted().map((currency) => ({
      startMs,
      currency,
      orderCount: 200,
      salesMinor: 200n * BigInt(amountMax),
    }))
    assert.deepEqual(
      series.toSorted((a, b) => (a.currency < b.currency ? -1 : 1)),
      expected,
    )
  })

  it('moves an order between statuses and counts what was no order', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    const order = anOrder(1)
    await apply(orderFact(order, 0), orderFact({ ...order, status: 'CANCELLED' }, 1), orderFact(order, 2))
    await apply(
      { kind: 'refused', offset: 3 },
      { kind: 'tombstone', offset: 4 },
      orderFact({ ...order, country: 'DE' }, 5),
    )
    const tally = { orderCount: 1, sales: new Map([['USD', 1001n]]) }
    const none = { orderCount: 0, sales: new Map([['USD', 0n]]) }
    const expected = totalsOf({
      overall: tally,
      byCountry: new Map([['US', tally]]),
      byStatus: new Map([
        ['CREATED', none],
        ['CANCELLED', tally],
      ]),
      byCurrency: new Map([['USD', tally]]),
      statusChanges: 1,
      duplicates: 1,
      deadLetters: 2,
      tombstones: 1,
    })
    assert.deepEqual((await store.totals()).totals, expected)
  })

  it('adds the shards of a topic made again, and says offsets of the topic as it is now', async (t) => {
    const store = await openFor(t, openers)
    await (await orderWriter(store, { partition: 0 })).apply(orderFact(anOrder(1), 100))
    await (await orderWriter(store, { partition: 1 })).apply(orderFact(anOrder(2), 100))
    const again = await orderWriter(store, { topicId: 'topic-2', partition: 0 })
    await again.apply(orderFact(anOrder(3), 0))
    const { totals, asOf } = await store.totals()
    assert.equal(totals.overall.orderCount, 3)
    assert.deepEqual(asOf, new Map([['orders', new Map([[0, 1]])]]))
  })

  it('leaves other groups out, and counts the retry topic', async (t) => {
    const store = await openFor(t, openers)
    await (await orderWriter(store)).apply(orderFact(anOrder(1), 0))
    const retry = { topic: 'orders.analytics-group.retry', topicId: 'retry-1' }
    await (await orderWriter(store, retry)).apply(orderFact(anOrder(2), 6))
    await store.claim(shardKey({ group: 'payments-group' }), 'other')
    const { totals, asOf } = await store.totals()
    assert.equal(totals.overall.orderCount, 2)
    assert.deepEqual(
      asOf,
      new Map([
        ['orders', new Map([[0, 1]])],
        [retry.topic, new Map([[0, 7]])],
      ]),
    )
  })

  it('gives the minutes of a range in order, without the empty ones', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    const minutes = [3, 0, 1, 1, -5]
    await apply(
      ...minutes.map((m, offset) => orderFact(anOrder(offset + 1, { createdAtMs: m * 60_000 + 59_999 }), offset)),
    )
    await apply(orderFact(anOrder(1, { createdAtMs: 239_999, status: 'CANCELLED' }), 9))
    const points = await store.series({ fromMs: 0, toMs: 180_000 })
    assert.deepEqual(
      points.map(({ startMs, orderCount }) => [startMs, orderCount]),
      [
        [0, 1],
        [60_000, 2],
      ],
    )
  })

  it('names the days of the series one after the other, whichever shard counted them', async (t) => {
    const store = await openFor(t, openers)
    const day = 86_400_000
    assert.equal(await store.nextSeriesDay(Number.MIN_SAFE_INTEGER), undefined)
    for (const [partition, days] of [
      [3, 20_000],
      [2, 3],
    ].entries()) {
      const { apply } = await orderWriter(store, { partition })
      await apply(
        ...days.map((n, offset) => orderFact(anOrder(n, { createdAtMs: n * day + 3_600_000 * partition }), offset)),
      )
    }
    const next = (fromDay: number) => store.nextSeriesDay(fromDay * day)
    assert.deepEqual(
      await Promise.all([0, 2, 3, 4, 20_000].map(next)),
      [2, 2, 3, 20_000, 20_000].map((n) => n * day),
    )
    assert.equal(await next(20_001), undefined)
  })

  it('equals the fold of the log, however records are repeated, cut and spread', async (t) => {
    await fc.assert(
      fc.asyncProperty(batches, async (steps) => {
        const store = await openFor(t, openers)
        const model = modelOf()
        for (const { partition, orders, repeated } of steps) {
          const { apply, claim } = await orderWriter(store, { partition })
          const seen = model.log(partition)
          const fresh = orders.map((order, index) => orderFact(order, claim().next + index))
          await apply(...seen.slice(Math.max(0, seen.length - repeated)), ...fresh)
          model.append(partition, fresh)
        }
        assert.deepEqual((await store.totals()).totals, model.totals)
      }),
      { numRuns: 15 },
    )
  })
}

const arbitraryOrder: fc.Arbitrary<Order> = fc
  .record({ id: fc.integer({ min: 1, max: 6 }), status: fc.constantFrom(...orderStatuses), odd: fc.nat({ max: 9 }) })
  .map(({ id, status, odd }) => anOrder(id, { status, country: odd === 0 ? 'DE' : 'US' }))
const batches = fc.array(
  fc.record({
    partition: fc.nat({ max: 1 }),
    orders: fc.array(arbitraryOrder, { maxLength: 8, minLength: 1 }),
    repeated: fc.nat(9),
  }),
  { maxLength: 6 },
)

/** What the totals must be: every record judged and counted once, in the order in which they were first applied. */
function modelOf(): {
  totals: Totals
  log: (partition: number) => readonly RecordedOrder[]
  append: (partition: number, facts: readonly RecordedOrder[]) => void
} {
  const totals = emptyTotals()
  const states = new Map<string, OrderState>()
  const logs = new Map<number, RecordedOrder[]>()
  return {
    totals,
    log: (partition) => logs.get(partition) ?? [],
    append(partition, facts) {
      logs.set(partition, [...(logs.get(partition) ?? []), ...facts])
      for (const { order, identity, offset } of facts) {
        const key = identityText(identity)
        const state = states.get(key)
        const { answer, append } = judgeOrder(state, order, { topicId: 'topic-1', partition, offset })
        countOrder(totals, order, answer)
        if (!append) continue
        states.set(key, { content: contentOf(order), entries: state ? [...state.entries, append] : [append] })
      }
    },
  }
}
