import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { couchbaseConnection } from '../../../src/adapters/couchbase/couchbase-connection.ts'
import { openKeyspaces } from '../../../src/adapters/couchbase/couchbase-keyspaces.ts'
import { extendList, type Entry, type StoredList } from '../../../src/adapters/couchbase/couchbase-lists.ts'
import { keyOf } from '../../../src/adapters/couchbase/couchbase-directory.ts'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import { cursorAt } from '../../../src/adapters/store/cursor.ts'
import { seededRandom } from '../../../src/domain/random.ts'
import type { OrderQuery, Page, StoredOrder } from '../../../src/ports/order-queries.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import { advance } from '../../../src/ports/shards.ts'
import { bucketNames, freshBuckets, storeOptions } from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { opcodes, startWireProxy } from '../../support/couchbase/wire-proxy.ts'
import { anOrder, noonMs, orderFact, progressTo, shardKey } from '../../support/order-facts.ts'

const tailEntriesMax = 512
const batchEntriesMax = 400
/** Some of them arrive behind everything. */
const lateMsMax = 2_000

/** A list and all that it gave away. */
type Whole = Readonly<{ list: StoredList | undefined; segments: readonly (readonly Entry[])[] }>
type Batch = Readonly<{ entries: readonly Entry[]; next: number }>

describe('the list of what came in', () => {
  it('holds every entry once, in the order of times and offsets, however batches are cut and repeated', () => {
    fc.assert(
      fc.property(streams, ({ sizes, seed }) => {
        const random = seededRandom(seed)
        const entries = entriesOf(sizes, random)
        const whole = sizes.reduce<Whole>((before, size) => {
          const from = before.list?.next ?? 0
          // From somewhere below, as after a crash, and to somewhere else than it was to end.
          const start = Math.max(0, from - Math.floor(random() * batchEntriesMax))
          const batch = batchOf(entries, start, from + size)
          const after = extended(before, batch)
          assert.ok((after.list?.tail.length ?? 0) < tailEntriesMax + batchEntriesMax)
          assert.deepEqual(extended(after, batch), after, 'a repeated batch changes nothing')
          return after
        }, nothing)
        const end = whole.list?.next ?? 0
        const listed = [...whole.segments.flat(), ...(whole.list?.tail ?? [])]
        assert.deepEqual(listed.map(offsetOf).toSorted(ascending), entries.slice(0, end).map(offsetOf))
        assert.deepEqual(listed.toSorted(byTime), listed)
        for (const [atMs, offset] of listed) assert.ok(atMs >= (entries[offset]?.[0] ?? Infinity))
      }),
      { numRuns: 60 },
    )
  })

  it('moves an entry to another time only when it arrives behind a whole tail', () => {
    fc.assert(
      fc.property(streams, ({ sizes, seed }) => {
        const entries = entriesOf(sizes, seededRandom(seed))
        let whole = nothing
        for (const size of sizes) {
          const from = whole.list?.next ?? 0
          whole = extended(whole, batchOf(entries, from, from + size))
          const sealedAtMs = whole.list?.sealedAtMs ?? 0
          for (const [atMs, offset] of whole.list?.tail ?? []) {
            const ownMs = entries[offset]?.[0] ?? 0
            assert.ok(atMs === ownMs || (ownMs < sealedAtMs && atMs <= sealedAtMs))
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('gives the same segment away, whoever extends a list by whatever', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: batchEntriesMax }), ({ sizes, seed }, other) => {
        const entries = entriesOf([...sizes, batchEntriesMax], seededRandom(seed))
        let whole = nothing
        for (const size of sizes) {
          const from = whole.list?.next ?? 0
          const [one, two] = [size, other].map((count) => extended(whole, batchOf(entries, from, from + count)))
          assert.ok(one && two)
          if (one.segments.length > whole.segments.length) assert.deepEqual(one.segments, two.segments)
          whole = one
        }
      }),
      { numRuns: 30 },
    )
  })
})

const streams = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: batchEntriesMax }), { minLength: 1, maxLength: 12 }),
  seed: fc.integer(),
})
const nothing: Whole = { list: undefined, segments: [] }

function entriesOf(sizes: readonly number[], random: () => number): readonly Entry[] {
  const count = sizes.reduce((sum, size) => sum + size, 0)
  return Array.from({ length: count }, (_, offset) => {
    const lateMs = random() < 0.1 ? Math.floor(random() * lateMsMax) : Math.floor(random() * 3)
    return [noonMs + offset - lateMs, offset, offset + 1, 0]
  })
}

function batchOf(entries: readonly Entry[], from: number, to: number): Batch {
  return { entries: entries.slice(from, to), next: Math.min(to, entries.length) }
}

function extended({ list, segments }: Whole, { entries, next }: Batch): Whole {
  const more = extendList(list, entries, next)
  if (!more) return { list, segments }
  if (more.segment) assert.equal(more.segment.number, segments.length)
  return { list: more.list, segments: more.segment ? [...segments, more.segment.entries] : segments }
}

function offsetOf([, offset]: Entry): number {
  return offset
}

function ascending(a: number, b: number): number {
  return a - b
}

function byTime(a: Entry, b: Entry): number {
  return a[0] - b[0] || a[1] - b[1]
}

describe('lists on a Couchbase store', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(2) }))
  const ordersAPartition = 1_200
  const batchOrders = 150
  const sorts = ['newest', 'oldest'] as const

  async function openBehindProxy(t: TestContext) {
    const proxy = await startWireProxy(take())
    const store = openCouchbaseStore(storeOptions(proxy))
    t.after(async () => {
      await store.close()
      proxy.close()
    })
    return { proxy, store }
  }

  it('are paged through several segments of two partitions, from either end, in pages of any size', async (t) => {
    const { proxy, store } = await openBehindProxy(t)
    const facts = [0, 1].map((partition) =>
      Array.from({ length: ordersAPartition }, (_, n) =>
        // Some come late and some at the same time, none behind a whole tail.
        orderFact(anOrder(2 * n + partition + 1), n, { timestampMs: noonMs + Math.floor(n / 3) * 10 - ((n * 7) % 50) }),
      ),
    )
    await Promise.all(
      facts.map(async (own, partition) => {
        let claim = await store.claim(shardKey({ partition }), 'owner')
        for (let from = 0; from < own.length; from += batchOrders) {
          const progress = progressTo(from + batchOrders, from)
          await store.applyOrders(claim, own.slice(from, from + batchOrders), progress)
          claim = advance(claim, progress)
        }
      }),
    )
    const expected = facts
      .flatMap((own, partition) =>
        own.map(({ timestampMs, offset, order }) => [timestampMs, partition, offset, order.id]),
      )
      .toSorted((a, b) => b.map((part, at) => part - (a[at] ?? 0)).find((by) => by !== 0) ?? 0)
      .map((key) => key.at(-1))
    const segments = [...proxy.documents().keys()].filter((key) => /\/orders\/\d+$/.test(key))
    assert.ok(segments.length >= 4, `${segments.length} segments`)
    for (const sort of sorts) {
      const all = sort === 'newest' ? expected : expected.toReversed()
      for (const [limit, pagesMax] of [[1, 20] as const, [7, 40] as const, [100, 100] as const, [10_000, 1] as const]) {
        const ids = await firstPages(store, { sort, limit }, pagesMax)
        assert.ok(ids.length === Math.min(limit * pagesMax, all.length))
        assert.deepEqual(ids, all.slice(0, ids.length), `${sort} in pages of ${limit}`)
      }
    }
  })

  async function firstPages(
    store: OrderStore,
    query: Pick<OrderQuery, 'sort' | 'limit'>,
    pagesMax: number,
  ): Promise<readonly number[]> {
    const ids: number[] = []
    let cursor: string | null = null
    for (let pages = 0; pages < pagesMax && (pages === 0 || cursor !== null); pages += 1) {
      const page: Page<StoredOrder> = await store.searchOrders({ ...query, ...(cursor !== null && { cursor }) })
      ids.push(...page.items.map(({ orderId }) => orderId))
      cursor = page.nextCursor
    }
    return ids
  }

  it('are read in few segments, however far back a page is', async (t) => {
    const { proxy, store } = await openBehindProxy(t)
    const [segmentCount, entriesASegment] = [1_000, 4]
    const connection = couchbaseConnection(storeOptions(proxy))
    t.after(() => connection.close())
    const { arrivals } = openKeyspaces(connection, storeOptions(proxy))
    const shard = shardKey()
    await store.claim(shard, 'owner')
    const entry = (n: number): Entry => [noonMs + n, n, n + 1, 0]
    const entries = (segment: number) => Array.from({ length: entriesASegment }, (_, n) => entry(4 * segment + n))
    const count = segmentCount * entriesASegment
    const list = {
      kind: 'list',
      next: count + 1,
      segments: segmentCount,
      sealedAtMs: noonMs + count - 1,
      tail: [entry(count)],
    } as const satisfies StoredList
    await arrivals.insert(`${keyOf(shard)}/orders`, JSON.stringify(list))
    await Promise.all(
      Array.from({ length: segmentCount }, (_, segment) => {
        const text = JSON.stringify({ kind: 'segment', entries: entries(segment) })
        return arrivals.insert(`${keyOf(shard)}/orders/${segment}`, text)
      }),
    )
    const limit = 5
    for (const sort of sorts) {
      for (const n of [count, count - 2, 3_000, 777, 2]) {
        const query = { sort, limit }
        const cursor = cursorAt('orders', query, [noonMs + n, 0, n, n + 1, 0])
        const before = proxy.requests(opcodes.get)
        await store.searchOrders({ ...query, cursor })
        const reads = proxy.requests(opcodes.get) - before
        // The directory, the list, which generation is live, before and after, an order that is not there for each entry,
        // two or three segments of entries.
        const others = 4 + limit + 3
        assert.ok(reads <= Math.ceil(Math.log2(segmentCount)) + others, `${reads} reads behind entry ${n}, ${sort}`)
      }
    }
  })
})
