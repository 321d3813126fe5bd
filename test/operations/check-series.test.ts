import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { dayMs } from '../../src/domain/window.ts'
import type { ShardSummary } from '../../src/ports/order-queries.ts'
import { check, openFileRig, texts, type Checked, type FileRig } from '../support/check-rig.ts'
import { orderRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'
import { tempDir } from '../support/temp.ts'

/** Of the records that a rig begins with: six orders of 12.34, and one of 500. */
const minuteMs = Date.parse('2026-01-02T03:04:00Z')
const place = 'series at 2026-01-02T03:04Z, USD'

function found({ differences }: Checked) {
  return differences.map(({ what, where, expected, found: stored }) => [what, where, expected, stored])
}

/** The store says at first that it has not counted what it has. */
function late({ store }: FileRig, shards: readonly ShardSummary[], looks: number) {
  let asked = 0
  return { ...store, shards: () => ((asked += 1) <= looks ? Promise.resolve(shards) : store.shards()) }
}

describe('a full check of the series', () => {
  it('names every minute that differs, with what is stored and what the log gives', async (t) => {
    const rig = await openFileRig(t)
    rig.damage(`
      UPDATE series SET order_count = order_count - 1, sales_minor = '57403';
      INSERT INTO series VALUES (${minuteMs + 60_000}, 'USD', 1, '1'), (${minuteMs - 50 * dayMs}, 'JPY', 2, '700');
    `)
    assert.deepEqual(found(await check(t, rig)), [
      ['unexpected', 'series at 2025-11-13T03:04Z, JPY', '0 orders, 0 JPY', '2 orders, 700 JPY'],
      ['different', place, '7 orders, 574.04 USD', '6 orders, 574.03 USD'],
      ['unexpected', 'series at 2026-01-02T03:05Z, USD', '0 orders, 0.00 USD', '1 orders, 0.01 USD'],
    ])
    rig.damage('DELETE FROM series')
    assert.deepEqual(found(await check(t, rig, { service: 'analytics' })), [
      ['missing', place, '7 orders, 574.04 USD', '0 orders, 0.00 USD'],
    ])
    assert.deepEqual(texts(await check(t, rig, { service: 'payment' })), [])
    assert.deepEqual(texts(await check(t, rig, { from_offset: 0 })), [])
  })

  it('takes minutes for no difference that the store has dropped by their age, or is about to', async (t) => {
    const nowMs = Date.parse('2026-02-01T12:00:00Z')
    const file = join(await tempDir(t), 'store.db')
    const store = openSqliteStore({ file, seriesRetentionMs: 10 * dayMs, now: () => nowMs })
    t.after(() => store.close())
    const rig = await openRig({ store })
    const times = ['05T12', '22T06', '22T18', '30T12'].map((time) => ({ created_at: `2026-01-${time}:00:00.000Z` }))
    await rig.append(...times.map((over, index) => orderRecord(index + 1, over)))
    await rig.run('fraud', 'payment', 'analytics', 'views')
    const dropped = ['05T12', '22T06'].map((time) => `missing series at 2026-01-${time}:00Z, USD`)
    assert.deepEqual(texts(await check(t, rig)), dropped)
    const keptFor = (ageMs: number) => check(t, rig, {}, { seriesKeptFromMs: () => nowMs - ageMs })
    assert.deepEqual(texts(await keptFor(10 * dayMs)), [])
    assert.deepEqual(texts(await keptFor(1 * dayMs)), [])
    assert.deepEqual(texts(await keptFor(11 * dayMs)), dropped.slice(1))
  })

  it('reads on to where the store is by then, and names what is wrong in a minute that has grown', async (t) => {
    const rig = await openFileRig(t)
    const shards = await rig.store.shards()
    await rig.append(...[100, 101, 102].map((id) => orderRecord(id)))
    await rig.run('fraud', 'payment', 'analytics')
    await rig.run('views')
    rig.damage('UPDATE series SET order_count = order_count + 1')
    const named = ['different', place, '10 orders, 611.06 USD', '11 orders, 611.06 USD']
    assert.deepEqual(found(await check(t, { log: rig.log, store: late(rig, shards, 1) })), [named])
    rig.damage('UPDATE series SET order_count = order_count - 1')
    assert.deepEqual(found(await check(t, { log: rig.log, store: late(rig, shards, 1) })), [])
  })

  it('leaves open what may be under way, and no more', async (t) => {
    const rig = await openFileRig(t)
    const shards = await rig.store.shards()
    await rig.append(orderRecord(100), orderRecord(101))
    await rig.run('fraud', 'payment', 'analytics')
    await rig.run('views')
    // Counted in the series, and in no shard yet.
    const between = { log: rig.log, store: { ...rig.store, shards: () => Promise.resolve(shards) } }
    assert.deepEqual(found(await check(t, between)), [])
    rig.damage('UPDATE series SET order_count = order_count + 1')
    assert.deepEqual(found(await check(t, between)), [
      ['different', place, '7 orders, 574.04 USD to 9 orders, 598.72 USD', '10 orders, 598.72 USD'],
    ])
  })

  it('waits for a store that has gone back, but not for ever', async (t) => {
    const rig = await openFileRig(t)
    const [all, series] = [await rig.store.shards(), await rig.store.series({ fromMs: 0, toMs: 1e15 })]
    let [asked, pauses] = [0, 0]
    // As it is after a switch to a generation that was made before the last records came.
    const backFor = (looks: number) => ({
      ...rig.store,
      shards: () => {
        asked += 1
        const isBack = asked > 1 && asked <= 1 + looks
        return Promise.resolve(all.map((one) => (isBack ? { ...one, next: one.next - 1 } : one)))
      },
      series: () =>
        Promise.resolve(asked <= looks ? series.map((point) => ({ ...point, orderCount: 1, salesMinor: 1n })) : series),
    })
    const pause = () => Promise.resolve(void (pauses += 1))
    assert.deepEqual(found(await check(t, { log: rig.log, store: backFor(8) }, {}, { pause })), [])
    assert.ok(pauses > 2, `${pauses} pauses`)
    asked = 0
    await assert.rejects(check(t, { log: rig.log, store: backFor(Infinity) }), { code: 'STATE_CONFLICT' })
  })
})
