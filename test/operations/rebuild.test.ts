import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { orderGroups } from '../../src/codec/groups.ts'
import { openScratches } from '../../src/compose/scratches.ts'
import { forgetRebuild, rebuildJob } from '../../src/operations/rebuild.ts'
import type { Log } from '../../src/ports/log.ts'
import type { OrderStore } from '../../src/ports/order-store.ts'
import type { Rebuilds } from '../../src/ports/rebuilds.ts'
import { settings } from '../support/check-rig.ts'
import { orderRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'
import { tempDir } from '../support/temp.ts'

const job = { id: 'again', principal: 'test', requestedAtMs: 0, spec: { kind: 'rebuild' } } as const
const start = { cursor: undefined, progress: { done: 0, total: null, unit: '', detail: '' } }

function stepsOf({ dataDir, log, store }: Readonly<{ dataDir: string; log: Log; store: OrderStore & Rebuilds }>) {
  const scratches = openScratches({ dataDir, kafka: undefined })
  let now = 0
  // Few pieces a step; nothing of a step is kept between two.
  const deps = { log, store, scratches, settings, now: () => (now += 500) }
  return { scratches, step: () => rebuildJob(deps)(job, start, new AbortController().signal) }
}

describe('a rebuild', () => {
  it('makes damaged totals and series right again, step by step, while orders come in, and charges nobody again', async (t) => {
    const dataDir = await tempDir(t)
    const file = join(dataDir, 'store.db')
    const store = openSqliteStore({ file })
    t.after(() => store.close())
    const rig = await openRig({ store, partitions: 2 })
    await rig.append(
      ...[1, 2, 3, 4, 5].map((id) => orderRecord(id)),
      orderRecord(2),
      orderRecord(9, { amount: 500, country: 'DE' }),
    )
    await rig.run('fraud', 'payment', 'analytics')
    await rig.run('views')
    const [sound, tally] = [await store.totals(), await store.payments()]
    const db = new DatabaseSync(file)
    db.exec(
      `UPDATE shards SET totals = json_set(totals, '$.duplicates', 77) WHERE totals IS NOT NULL; DELETE FROM series`,
    )
    db.close()
    assert.notDeepEqual((await store.totals()).totals, sound.totals)
    const { step, scratches } = stepsOf({ dataDir, log: rig.log, store })
    await step()
    // Read by the services into the model that is live until the switch; they get nothing more to read after it.
    await rig.append(orderRecord(11, { amount: 500, country: 'DE' }))
    await rig.run('fraud', 'payment', 'analytics')
    await rig.run('views')
    let steps = 2
    while ((await step()).cursor !== undefined) steps += 1
    assert.ok(steps > 3, `${steps} steps`)
    assert.equal(await store.generation(), job.id)
    const { totals } = await store.totals()
    assert.deepEqual([totals.overall.orderCount, totals.duplicates], [sound.totals.overall.orderCount + 1, 1])
    assert.equal((await store.payments()).tally.paid, tally.tally.paid + 1)
    assert.equal((await store.viewCounts()).alerts, 2)
    // Its end was not written: it is done already.
    assert.equal((await step()).cursor, undefined)
    await forgetRebuild({ store, scratches }, job.id)
    await rig.append(orderRecord(10))
    await rig.run('fraud', 'payment', 'analytics', 'views')
    assert.equal((await store.totals()).totals.overall.orderCount, 8)
    assert.deepEqual(rig.calls.map(({ key }) => key).toSorted(), ['1', '10', '11', '2', '3', '4', '5', '9'])
    const series = await store.series({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER })
    assert.equal(
      series.reduce((sum, { orderCount }) => sum + orderCount, 0),
      8,
    )
  })

  it('does not switch to what retention has cut while it read', async (t) => {
    const dataDir = await tempDir(t)
    const store = openSqliteStore({ file: join(dataDir, 'store.db') })
    t.after(() => store.close())
    const { log, append, run } = await openRig({ store })
    await append(orderRecord(1), orderRecord(2))
    await run('fraud', 'payment', 'analytics')
    let begin = 0
    const topics = async () =>
      (await log.topics()).map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((one) => (topic.name === 'orders' ? { ...one, begin } : one)),
      }))
    const { step } = stepsOf({ dataDir, log: { ...log, topics }, store })
    await step()
    begin = 1
    await assert.rejects(untilDone(step), { code: 'BEGINNING_GONE' })
    assert.notEqual(await store.generation(), job.id)
  })

  it('leaves it to a group to write what it applied and did not commit', async (t) => {
    const dataDir = await tempDir(t)
    const store = openSqliteStore({ file: join(dataDir, 'store.db') })
    t.after(() => store.close())
    const log = openMemoryLog()
    const rig = await openRig({ store, log: killedBeforeCommit(log) })
    await rig.append(orderRecord(1), orderRecord(1, { amount: 5 }))
    await rig.run('analytics').catch(() => {})
    assert.equal((await rig.records('orders.analytics-group.dlq')).length, 0)
    assert.equal((await store.totals()).totals.deadLetters, 1)
    const { step } = stepsOf({ dataDir, log, store })
    await untilDone(step)
    await rig.run('analytics', 'fraud')
    await rig.run('views')
    assert.equal((await rig.records('orders.analytics-group.dlq')).length, 1)
    assert.equal((await store.totals()).totals.deadLetters, 1)
  })

  it('forgets nothing of what a group had committed before it was moved back, and pays nobody again', async (t) => {
    const dataDir = await tempDir(t)
    const store = openSqliteStore({ file: join(dataDir, 'store.db') })
    t.after(() => store.close())
    const rig = await openRig({ store, batchRecordsMax: 1 })
    for (let id = 1; id <= 5; id += 1) await rig.append(orderRecord(id))
    await rig.run('fraud', 'payment', 'analytics')
    const written = (await rig.records('payments')).length
    await rig.log.seek(orderGroups.payment, [{ topic: 'orders', partition: 0, offset: 0 }])
    const { step } = stepsOf({ dataDir, log: rig.log, store })
    await untilDone(step)
    // The last batch may not have been committed, as far as the store knows: that is for the group to do again.
    assert.equal((await store.payments()).tally.paid, 4)
    await rig.run('payment')
    assert.equal((await store.payments()).tally.paid, 5)
    assert.ok((await rig.records('payments')).length <= written + 1, 'at most the last batch is written once more')
    assert.equal(rig.calls.length, 5)
  })
})

async function untilDone(step: () => Promise<Readonly<{ cursor: string | undefined }>>): Promise<void> {
  while ((await step()).cursor !== undefined);
}

/** The first batch that does something is applied and never committed. */
function killedBeforeCommit(log: Log): Log {
  let isKilled = false
  return {
    ...log,
    transform(subscription, step, signal) {
      const gone = new AbortController()
      const dying: typeof step = async (batch) => {
        const outputs = await step(batch)
        if (isKilled || batch.slices.every(({ records }) => records.length === 0)) return outputs
        isKilled = true
        gone.abort()
        throw new Error('killed before the log committed')
      }
      return log.transform(subscription, dying, AbortSignal.any([signal, gone.signal]))
    },
  }
}
