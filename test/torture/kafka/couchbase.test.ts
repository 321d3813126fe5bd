import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bucketNames, freshBuckets } from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { kafkaSuiteOptions, useOwnBroker } from '../../support/kafka/suite.ts'
import { groupByService, type ServiceName } from '../../support/pipeline-rig.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { openCouchbaseTorturedStore } from './couchbase-tortured-store.ts'
import { openGroupAdmin } from './group-members.ts'
import { tortureOnKafka } from './kafka-torture.ts'
import { leftToDo } from './left-to-do.ts'
import { appendSome, playScene, settle, type Scenario } from './scene.ts'
import { waitAt, type StorePoint } from './store-points.ts'

/** A run of `npm run torture -- --kafka --couchbase` is minutes or hours long; this one shows that it works. */
const durationMs = 20_000
const seed = Number(process.env['ORDERMILL_TEST_SEED'] ?? 1)

const skip = kafkaSuiteOptions({ ownBroker: true }).skip || couchbaseSuiteOptions().skip

// The long one waits for sessions to end most of the time.
describe('services on Kafka and Couchbase', { skip, concurrency: true }, () => {
  describe('that are killed, put to sleep and doubled while the store fails', tortured)
  describe('scene by scene', { concurrency: false }, playedThrough)
})

function tortured(): void {
  it('leave exact topics, totals, documents, lists and payments', async (t) => {
    t.diagnostic(`seed ${seed}`)
    const told: string[] = []
    const tell = (what: string): void => void told.push(what)
    const run = { directory: await tempDir(t), seed, durationMs, brokers: 1, tell } as const
    const { complaints, records, faults, peaks, drainedMs } = await tortureOnKafka({
      ...run,
      store: 'couchbase',
      brokersRest: true,
    })
    const minutes = durationMs / 60_000
    const repeat = `npm run torture -- --kafka --couchbase --brokers 1 --brokers-rest --minutes ${minutes} --seed ${seed}`
    assert.deepEqual(complaints.slice(0, 20), [], `repeat it with: ${repeat}\n${told.join('\n')}`)
    const kinds = Object.keys(faults).join()
    assert.match(kinds, /zombie/)
    assert.match(kinds, /store/)
    assert.ok(records > 1_000, `${records} records acknowledged`)
    t.diagnostic(`${records} records, drained in ${drainedMs} ms, at most ${peaks.rssMiB} MiB a process`)
  })
}

function playedThrough(): void {
  const broker = useOwnBroker()
  const take = freshBuckets(useMockServer({ buckets: bucketNames(4) }))
  const play = (plantedSource?: string) => ({
    bootstrap: broker().bootstrap,
    openStore: () => openCouchbaseTorturedStore(take()),
    plantedSource,
  })

  for (const [service, point] of [
    ['analytics', 'at the swap'],
    ['payment', 'behind the swap'],
  ] as const) {
    it(`finds nothing where ${service} was overtaken ${point}`, async (t) => {
      assert.deepEqual(await playScene(t, overtaken(service, point), play()), [])
    })
  }

  for (const plant of ['a shard is swapped without compare', 'a fenced writer reads again and retries']) {
    it(`finds that ${plant}`, async (t) => {
      const complaints = await playScene(t, overtaken('analytics', 'at the swap'), play(plant))
      assert.ok(
        complaints.some((one) => one.startsWith('I2: the totals have')),
        complaints.slice(0, 5).join('\n'),
      )
    })
  }
}

/** One process falls asleep in the midst of a batch, another takes all over, and then the first wakes up and goes on. */
function overtaken(service: ServiceName, point: StorePoint): Scenario {
  return async (t, site) => {
    const group = groupByService[service]
    const admin = openGroupAdmin(site.directBootstrap)
    t.after(() => admin.close())
    const { proxy } = site.store
    assert.ok(proxy)
    const zombie = site.start(service)
    const [zombieId = ''] = await admin.settled(group, 1)
    const { struck } = waitAt(proxy, service, point)
    await appendSome(site, 1)
    await struck
    zombie.kill('SIGSTOP')
    await admin.evict(group, zombieId)
    site.start(service)
    await waitFor('the heir has done it all', async () => (await leftToDo(site, [service]).catch(String)) === '')
    zombie.kill('SIGCONT')
    await admin.settled(group, 2)
    return settle(site, service)
  }
}
