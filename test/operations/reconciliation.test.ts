import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { newReconciler, type ReconcilerDeps } from '../../src/operations/reconciler.ts'
import type { Reconciliation } from '../../src/operations/reconciliation.ts'
import type { ShardSummary } from '../../src/ports/order-queries.ts'
import { orderRecord } from '../support/order-json.ts'
import { openRig, type Rig, type ServiceName } from '../support/pipeline-rig.ts'
import { tempDir } from '../support/temp.ts'

const records = [
  ...[1, 2, 3, 4].map((id) => orderRecord(id)),
  orderRecord(2),
  orderRecord(3, { status: 'CANCELLED' }),
  orderRecord(4, { amount: 5 }),
  { topic: 'orders', key: null, value: Buffer.from('no JSON') },
  { topic: 'orders', key: null, value: null },
]

async function runRig(...services: readonly ServiceName[]): Promise<Rig> {
  const rig = await openRig({ partitions: 2 })
  await rig.append(...records)
  await rig.run(...services)
  return rig
}

function look({ log, store }: Pick<Rig, 'log' | 'store'>, changes: Partial<ReconcilerDeps> = {}) {
  return newReconciler({ log, store, topic: 'orders', hasGaps: false, pause: () => Promise.resolve(), ...changes })()
}

function failed({ checks }: Reconciliation): readonly string[] {
  return checks.filter(({ state }) => state === 'bad').map(({ name }) => name)
}

/** One more duplicate than there is, in one shard of a group. */
function withDuplicate(shards: readonly ShardSummary[], group: string): readonly ShardSummary[] {
  const at = shards.findIndex(({ shard, next }) => shard.group === group && next > 0)
  return shards.map((one, index) => {
    if (index !== at) return one
    if (one.totals) return { ...one, totals: { ...one.totals, duplicates: one.totals.duplicates + 1 } }
    return one.tally ? { ...one, tally: { ...one.tally, duplicates: one.tally.duplicates + 1 } } : one
  })
}

describe('reconciliation', () => {
  it('is good when every group accounts for every record', async () => {
    const found = await look(await runRig('analytics', 'payment', 'fraud'))
    assert.deepEqual([found.state, found.summary, failed(found)], ['good', 'All 4 orders accounted for', []])
    assert.deepEqual([found.orderCount, found.inFlight], [4, 0])
    for (const { difference, log, next } of found.equations) assert.deepEqual([difference, next], [0, log?.end])
    assert.equal(found.cancelledAfterPaid, 1)
  })

  it('is in flight while a group has records to read, and says how many', async () => {
    const found = await look(await runRig('analytics', 'fraud'))
    assert.deepEqual([found.state, found.inFlight], ['in-flight', records.length])
    assert.equal(found.summary, `4 orders accounted for, ${records.length} records in flight`)
  })

  it('is bad when a group counts a record twice, and names group and partition', async () => {
    const { log, store } = await runRig('analytics', 'payment', 'fraud')
    const shards = async () => withDuplicate(await store.shards(), 'payments-group')
    const found = await look({ log, store: { ...store, shards } })
    assert.equal(found.state, 'bad')
    assert.equal(failed(found).length, 2)
    assert.match(found.checks.find(({ state }) => state === 'bad')?.detail ?? '', /^orders-\d: 1 records more/)
  })

  it('is bad on a log with gaps too, where groups that read the same counted differently', async () => {
    const { log, store } = await runRig('analytics', 'payment', 'fraud')
    const shards = async () => withDuplicate(await store.shards(), 'analytics-group')
    const found = await look({ log, store: { ...store, shards } }, { hasGaps: true })
    assert.deepEqual(
      found.equations.map(({ records: counted, difference }) => counted ?? difference),
      found.equations.map(() => null),
    )
    assert.ok(failed(found).includes('analytics-group and payments-group account for the same records'))
  })

  it('believes a difference only when it is still there at a second look', async () => {
    const { log, store } = await runRig('analytics', 'payment', 'fraud')
    let looks = 0
    const shards = async () => {
      looks += 1
      return looks === 1 ? withDuplicate(await store.shards(), 'payments-group') : store.shards()
    }
    assert.equal((await look({ log, store: { ...store, shards } })).state, 'good')
    assert.equal(looks, 2)
  })

  it('is bad when totals of a shard were damaged in the file, to the cent', async (t) => {
    const file = join(await tempDir(t), 'store.db')
    const store = openSqliteStore({ file })
    const rig = await openRig({ store, partitions: 2 })
    await rig.append(...records)
    await rig.run('analytics', 'payment', 'fraud')
    assert.equal((await look(rig)).state, 'good')
    const db = new DatabaseSync(file)
    db.exec(
      `UPDATE shards SET totals = json_set(totals, '$.overall.sales.USD', '1') WHERE group_name = 'analytics-group'`,
    )
    db.close()
    const found = await look(rig)
    assert.deepEqual(
      [found.state, failed(found)],
      ['bad', ['country', 'status', 'currency'].map((name) => `Sales by ${name} add up to all sales`)],
    )
    await store.close()
  })

  it('counts what retention removed before it was read as not accounted for', async () => {
    const rig = await runRig('analytics', 'payment', 'fraud')
    const behind = async () =>
      (await rig.store.shards()).map((one) =>
        one.tally && one.next > 0 ? { ...one, tally: { ...one.tally, paid: one.tally.paid - 1 } } : one,
      )
    const topics = async () =>
      (await rig.log.topics()).map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((partition) => ({ ...partition, begin: Math.min(2, partition.end) })),
      }))
    const found = await look({ log: { ...rig.log, topics }, store: { ...rig.store, shards: behind } })
    assert.match(
      found.checks.find(({ state }) => state === 'bad')?.detail ?? '',
      /removed by retention, perhaps unread/,
    )
  })
})
