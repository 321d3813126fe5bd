import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '../../src/domain/random.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'
import { auditDirectory } from './audit-directory.ts'
import { startEngine } from './engine-process.ts'
import type { EngineOrders } from './messages.ts'
import { openOutside } from './outside.ts'
import { torture } from './torture.ts'

/** A run of `npm run torture` is minutes or hours long; this one shows that it works. */
const durationMs = 9_000
const controlMs = 4_000
/** A kill has to fall where the fault shows. */
const controlSeeds = 3
const seed = Number(process.env['ORDERMILL_TEST_SEED'] ?? 1)

describe('engines on SQLite that are killed, put to sleep, doubled and starved of disk', () => {
  for (const cutsStore of [false, true]) {
    const stores = cutsStore ? 'whose last commits are cut off' : 'that keeps what it committed'
    it(`leave exact totals, documents, payments and outputs in a store ${stores}`, async (t) => {
      const directory = await tempDir(t)
      const { complaints, records } = await torture({ directory, seed, durationMs, cutsStore })
      const again = `npm run torture -- --minutes ${durationMs / 60_000} --seed ${seed} --${cutsStore ? '' : 'no-'}cut-store`
      assert.deepEqual(complaints.slice(0, 20), [], `repeat it with: ${again}`)
      assert.ok(records > 300, `${records} records acknowledged`)
    })
  }

  // The audit is only worth what it would have found.
  for (const plant of ['commit before the step', 'no duplicate check']) {
    it(`are caught with a planted fault: ${plant}, within ${controlSeeds} seeds`, async (t) => {
      for (let tried = 0; tried < controlSeeds; tried += 1) {
        const directory = await tempDir(t)
        const { complaints } = await torture({ directory, seed: seed + tried, durationMs: controlMs, plant })
        if (complaints.some((complaint) => /^I[128]/.test(complaint))) return
      }
      assert.fail('the audit found nothing')
    })
  }
})

describe('SIGTERM', () => {
  it('drains: the process ends with 0, and nothing is handed out again', async (t) => {
    const directory = await tempDir(t)
    const outside = openOutside(seededRandom(seed))
    const orders: EngineOrders = { directory, input: { seed, from: 0 }, policy: 'all', reuse: 'refuse' }
    const first = startEngine(orders, outside)
    t.after(() => first.kill('SIGKILL'))
    await waitFor('200 records are acknowledged', () => outside.acknowledged.size >= 200)
    first.kill('SIGTERM')
    assert.deepEqual(await first.exited, { code: 0, signal: null }, first.errors())

    const from = outside.acknowledged.size
    const second = startEngine({ ...orders, input: { seed, from, end: from + 50 } }, outside)
    t.after(() => second.kill('SIGKILL'))
    await waitFor('everything is read', async () => {
      const { unread } = await second.report()
      return unread === 0 && outside.acknowledged.size === from + 50
    })
    second.kill('SIGTERM')
    assert.equal((await second.exited).code, 0, second.errors())
    const handedOut = [first, second].map((engine) => engine.lastReport()?.handedOut)
    const records = outside.acknowledged.size
    for (const name of ['fraud', 'payment', 'analytics'] as const) {
      assert.equal((handedOut[0]?.[name] ?? 0) + (handedOut[1]?.[name] ?? 0), records, `records handed to ${name}`)
    }
    assert.deepEqual(await auditDirectory(directory, { outside, seed, policy: 'all', reuse: 'refuse' }), [])
  })
})
