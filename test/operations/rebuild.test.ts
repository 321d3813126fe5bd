import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { openScratches } from '../../src/compose/scratches.ts'
import { defaultFraudRules } from '../../src/domain/fraud.ts'
import { forgetRebuild, rebuildJob } from '../../src/operations/rebuild.ts'
import { orderRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'
import { tempDir } from '../support/temp.ts'

const job = { id: 'again', principal: 'test', requestedAtMs: 0, spec: { kind: 'rebuild' } } as const
const start = { cursor: undefined, progress: { done: 0, total: null, unit: '', detail: '' } }

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
    let now = 0
    const settings = {
      topic: 'orders',
      baseCurrency: 'USD',
      policy: 'all',
      reuse: 'refuse',
      rules: defaultFraudRules,
    } as const
    const scratches = openScratches({ dataDir, kafka: undefined })
    // Few pieces a step; nothing of a step is kept between two.
    const step = () =>
      rebuildJob({ log: rig.log, store, scratches, settings, now: () => (now += 500) })(
        job,
        start,
        new AbortController().signal,
      )
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
})
