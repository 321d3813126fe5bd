import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { freshBuckets, bucketNames } from '../../support/couchbase/open-store.ts'
import { tortureRivals } from '../../support/couchbase/rivals/torture.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'

const durationMs = 12_000
const controlMs = 2_000
/** A control is a matter of chance: it is caught in nearly every run. */
const controlRunsMax = 3
const seed = Number(process.env['ORDERMILL_TEST_SEED'] ?? 1)
const plants = [
  'a swap without a compare',
  'no duplicate check',
  'a fenced writer that reads again and retries',
  'minutes that do not know what they counted',
  'orders that do not know who came first',
]

describe('processes that write the same shards of a Couchbase store', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(1 + controlRunsMax * plants.length) }))

  it('leave everything exact when they are killed and put to sleep', async (t) => {
    t.diagnostic(`seed ${seed}: ORDERMILL_TEST_SEED=${seed} repeats it`)
    const { complaints, kills, zombies, records } = await tortureRivals({ bucket: take(), seed, durationMs })
    t.diagnostic(`${kills} kills, ${zombies} zombies, ${records.join(' + ')} records`)
    assert.deepEqual(complaints.slice(0, 20), [], `repeat it with ORDERMILL_TEST_SEED=${seed}`)
    assert.ok(records.every((count) => count > 100))
  })

  // The audit is only worth what it would have found.
  for (const plant of plants) {
    it(`are caught with a planted fault: ${plant}`, async (t) => {
      let complaints: readonly string[] = []
      for (let run = 0; run < controlRunsMax && complaints.length === 0; run += 1) {
        const options = { bucket: take(), seed: seed + run, durationMs: controlMs, plant }
        complaints = (await tortureRivals(options)).complaints
      }
      t.diagnostic(`${complaints.length} complaints: ${complaints[0]?.slice(0, 200)}`)
      assert.ok(complaints.length > 0)
    })
  }
})
