import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openCouchbaseStore } from '../src/adapters/couchbase/couchbase-store.ts'
import { openMemoryStore } from '../src/adapters/memory/memory-store.ts'
import { openSqliteStore } from '../src/adapters/sqlite/sqlite-store.ts'
import type { OrderStore } from '../src/ports/order-store.ts'
import type { SettledFact } from '../src/ports/payment-ledger.ts'
import { advance, type Claim, type Progress } from '../src/ports/shards.ts'
import { startMockServer } from '../test/support/couchbase/mock-server.ts'
import { bucketNames, storeOptions } from '../test/support/couchbase/open-store.ts'
import {
  anOrder,
  orderFact,
  paymentFact,
  paymentShard,
  progressTo,
  shardKey,
  type PaymentRecord,
  type RecordedOrder,
} from '../test/support/order-facts.ts'
import { percentile, type Figure } from './report.ts'
import { withDataDir } from './workspace.ts'

const batchSizes = [100, 1_000, 4_000] as const
/** As many as a topic on Kafka has partitions by default. */
const partitions = 6
const reads = 2_000
/** Each store gets so many of the orders that are asked for, once a batch size: a server takes them one by one. */
const share = 0.05

type Kind = Readonly<{ name: string; open: () => OrderStore }>

/** Applies orders to each store in batches of several sizes, charges them, and reads totals beside. */
export async function benchStore(orders: number): Promise<readonly Figure[]> {
  const count = Math.round(orders * share)
  const server = await startMockServer({ buckets: bucketNames(batchSizes.length), jvm: ['-Xmx2g'] })
  try {
    return await withDataDir(async (directory) => {
      let opened = 0
      const kinds: readonly Kind[] = [
        { name: 'memory', open: () => openMemoryStore() },
        { name: 'sqlite', open: () => openSqliteStore({ file: join(directory, `store-${(opened += 1)}.db`) }) },
        { name: 'couchbase (mock)', open: couchbaseOpener(server.buckets) },
      ]
      const figures: Figure[] = []
      for (const kind of kinds) for (const size of batchSizes) figures.push(...(await benchOne(kind, size, count)))
      return figures
    })
  } finally {
    await server.stop()
  }
}

function couchbaseOpener(buckets: Awaited<ReturnType<typeof startMockServer>>['buckets']): () => OrderStore {
  const fresh = buckets.values()
  return () => {
    const { value: bucket } = fresh.next()
    if (!bucket) throw new Error('the mock server has too few buckets')
    return openCouchbaseStore(storeOptions(bucket))
  }
}

async function benchOne({ name, open }: Kind, batchSize: number, count: number): Promise<readonly Figure[]> {
  const store = open()
  const bench = 'store'
  const row = (figure: string, value: number, unit: string): Figure => ({
    bench,
    figure: `${name}: ${figure}, batches of ${batchSize}`,
    value,
    unit,
  })
  try {
    const applied = await applyOrders(store, batchSize, count)
    const paid = await payOrders(store, batchSize, count)
    const totals = await readTotals(store)
    return [
      row('apply orders', applied, 'orders/s'),
      row('reserve and settle payments', paid, 'orders/s'),
      row('read totals p50', percentile(totals, 0.5), 'ms'),
      row('read totals p99', percentile(totals, 0.99), 'ms'),
    ]
  } finally {
    await store.close()
  }
}

/** Batches go to one partition after the other, as they do in a process that has them all. */
function inBatches<Result>(
  batchSize: number,
  count: number,
  run: (ids: readonly number[], partition: number) => Promise<Result>,
): Promise<number> {
  return rateOf(count, async () => {
    for (let done = 0; done < count; done += batchSize) {
      const ids = Array.from({ length: Math.min(batchSize, count - done) }, (_, n) => done + n + 1)
      await run(ids, Math.floor(done / batchSize) % partitions)
    }
  })
}

async function applyOrders(store: OrderStore, batchSize: number, count: number): Promise<number> {
  const claims = await claimAll((partition) => store.claim(shardKey({ partition }), 'bench'))
  return inBatches(batchSize, count, async (ids, partition) => {
    const { claim, progress } = claims(partition, ids)
    const facts: readonly RecordedOrder[] = ids.map((id) => orderFact(anOrder(id), id))
    await store.applyOrders(claim, facts, progress)
  })
}

async function payOrders(store: OrderStore, batchSize: number, count: number): Promise<number> {
  const claims = await claimAll((partition) => store.claim(paymentShard({ partition }), 'bench'))
  return inBatches(batchSize, count, async (ids, partition) => {
    const { claim, progress } = claims(partition, ids)
    const facts: readonly PaymentRecord[] = ids.map((id) => paymentFact(anOrder(id), id))
    await store.reserve(claim, facts)
    const paid: readonly SettledFact[] = facts.map((fact) => ({
      ...fact,
      answer: { kind: 'settled', outcome: 'PAID', atMs: fact.intent.atMs },
    }))
    await store.settle(claim, paid, progress)
  })
}

/** A claim of each partition, moved behind the batch that is handed out for it. */
async function claimAll(claim: (partition: number) => Promise<Claim>) {
  const claims = await Promise.all(Array.from({ length: partitions }, (_, partition) => claim(partition)))
  return (partition: number, ids: readonly number[]): Readonly<{ claim: Claim; progress: Progress }> => {
    const held = claims[partition]
    if (!held) throw new Error(`no partition ${partition}`)
    const progress = progressTo((ids.at(-1) ?? 0) + 1, ids[0])
    claims[partition] = advance(held, progress)
    return { claim: held, progress }
  }
}

async function readTotals(store: OrderStore): Promise<readonly number[]> {
  const samples: number[] = []
  for (let read = 0; read < reads; read += 1) {
    const startMs = performance.now()
    await store.totals()
    samples.push(performance.now() - startMs)
  }
  return samples
}

async function rateOf(count: number, run: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await run()
  return (count / (performance.now() - startMs)) * 1000
}
