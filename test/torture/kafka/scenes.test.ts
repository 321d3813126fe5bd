import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { kafkaSuiteOptions, useOwnBroker } from '../../support/kafka/suite.ts'
import { groupByService, type ServiceName } from '../../support/pipeline-rig.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { Crash, CrashPoint } from '../crash-points.ts'
import { openGroupAdmin } from './group-members.ts'
import { abortTransactions } from './log-faults.ts'
import { appendSome, playScene, sceneRecords, settle, type Planted, type Scenario } from './scene.ts'
import { isAsleep } from './service-faults.ts'
import type { Site } from './site.ts'
import { limit } from './stage.ts'

/** Of a transaction's 10 s, within which the zombie must be awake again. */
const heldUpMs = 3_000

describe('the torture on Kafka, scene by scene', kafkaSuiteOptions({ ownBroker: true }), () => {
  const broker = useOwnBroker()

  function find(what: string, scenario: Scenario, planted: Planted, complaint: RegExp): void {
    it(`finds ${what}`, async (t) => {
      const complaints = await playScene(t, scenario, { bootstrap: broker().bootstrap, ...planted })
      const found = complaints.some((one) => complaint.test(one))
      assert.ok(found, `${complaints.length} complaints: ${complaints.slice(0, 5).join('\n')}`)
    })
  }
  function pass(what: string, scenario: Scenario): void {
    it(`finds nothing where ${what}`, async (t) => {
      assert.deepEqual(await playScene(t, scenario, { bootstrap: broker().bootstrap }), [])
    })
  }

  pass('a process is told to end, and another goes on', drained)

  const killed = crashed('fraud', { service: 'fraud', point: 'after outputs', after: 2 })
  find('a commit before the step', killed, { plant: 'commit before the step' }, /^I8: fraud-alerts lacks/)

  const phantoms: Scenario = async (_t, site) => {
    await appendSome(site, 1)
    for (const large of [false, true]) await abortTransactions(site.directBootstrap, { large })
    await appendSome(site, 2)
    site.start('fraud')
    return settle(site, 'fraud')
  }
  const reading = { plantedSource: 'aborted records are read' }
  find('records of aborted transactions that were read', phantoms, reading, /^I8: .* nothing in the input made/)

  const midCommit = (heldUpMs?: number) => outlived('fraud', 'amid commit', { heldUpMs })
  pass('a zombie wakes up, and its commit arrives after all', midCommit(heldUpMs))
  const unstable = { plantedSource: 'offsets need not be stable' }
  find('an owner that began below a commit on its way', midCommit(), unstable, /^I2: fraud-alerts has .* twice/)

  const overtaken = outlived('fraud', 'after outputs', { holdMs: 3_000 })
  pass('a zombie wakes up, and joins again before it commits', overtaken)
  const newest = { plantedSource: 'a zombie commits as the member that it has become' }
  find('a commit under a generation that is not its own', overtaken, newest, /^I2: fraud-alerts has .* twice/)

  const doubled = outlived('analytics', 'before documents')
  pass('a zombie wakes up, and writes to the store', doubled)
  find('an owner that does not claim', doubled, { plant: 'no claims' }, /^I7: epoch/)
})

/** One process dies at a point, and another goes on. */
function crashed(service: ServiceName, crash: Crash): Scenario {
  return async (_t, site) => {
    await appendSome(site, 1)
    const doomed = site.start(service, crash)
    assert.equal((await doomed.exited).signal, 'SIGKILL', doomed.said())
    site.start(service)
    return settle(site, service)
  }
}

/** SIGTERM, in the midst of a backlog: nothing is handed out again. */
async function drained(_t: TestContext, site: Site): Promise<readonly string[]> {
  await appendSome(site, 1)
  const first = site.start('payment')
  await first.works
  first.kill('SIGTERM')
  assert.deepEqual(await first.exited, { code: 0, signal: null }, first.said())
  assert.ok(first.handedOut() < sceneRecords, 'it was in the midst of them')
  const second = site.start('payment')
  const complaints = await settle(site, 'payment')
  assert.equal(first.handedOut() + second.handedOut(), sceneRecords)
  return complaints
}

type Outlived = Readonly<{
  holdMs?: number
  /** The zombie is woken after so long, since a commit of its own that is on its way holds the heir up. */
  heldUpMs?: number | undefined
}>

/** One process falls asleep at a point, another takes everything over, and then the first wakes up and goes on. */
function outlived(service: ServiceName, point: CrashPoint, { holdMs = 0, heldUpMs }: Outlived = {}): Scenario {
  return async (t, site) => {
    const group = groupByService[service]
    const admin = openGroupAdmin(site.directBootstrap)
    t.after(() => admin.close())
    const zombie = site.start(service, { service, point, after: 0, holdMs })
    const [zombieId = ''] = await admin.settled(group, 1)
    const heir = site.start(service)
    await admin.settled(group, 2)
    await appendSome(site, 1)
    await waitFor('one sleeps', () => isAsleep(zombie) || zombie.hasExited())
    await waitFor('the other has done what is its own', () => heir.handedOut() > 0)
    const own = heir.handedOut()
    await admin.evict(group, zombieId)
    await admin.settled(group, 1)
    if (heldUpMs === undefined) await waitFor('the heir goes on', () => heir.handedOut() > own)
    else await limit(heldUpMs)
    zombie.kill('SIGCONT')
    await admin.settled(group, 2)
    return settle(site, service)
  }
}
