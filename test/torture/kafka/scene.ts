import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { seededRandom } from '../../../src/domain/random.ts'
import { makeInput } from '../../support/audit/input.ts'
import type { ServiceName } from '../../support/pipeline-rig.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { partitions } from '../messages.ts'
import { judgedLog } from './judge.ts'
import { leftToDo } from './left-to-do.ts'
import { openSite, type Site, type SiteOptions } from './site.ts'

/** What one `appendSome` appends. */
export const sceneRecords = 400

/** A scenario of the torture without chance: what came of it, in the words of the audit. */
export type Scenario = (t: TestContext, site: Site) => Promise<readonly string[]>
export type Planted = Pick<SiteOptions, 'plant' | 'plantedSource'>

/** Complaints of the scenario on topics of its own, with a fault planted or without. */
export async function playScene(
  t: TestContext,
  scenario: Scenario,
  options: Planted & Pick<SiteOptions, 'bootstrap' | 'openStore'>,
): Promise<readonly string[]> {
  const complaints: string[] = []
  const { bootstrap } = options
  const directory = await tempDir(t)
  const complain = (complaint: string): void => void complaints.push(complaint)
  const base = { directBootstrap: bootstrap, directory, seed: 1, policy: 'all', reuse: 'refuse' } as const
  const site = await openSite({ ...base, ...options, complain })
  try {
    return [...(await scenario(t, site)), ...complaints]
  } finally {
    for (const { name } of await site.log.topics()) await site.log.deleteTopic(name)
    await site.close()
  }
}

export async function appendSome({ log }: Site, seed: number): Promise<void> {
  const input = { count: sceneRecords, partitions, reuseIds: false, random: seededRandom(seed), idBase: seed * 10_000 }
  await log.append(makeInput(input))
}

/** Waits until all is read, ends what runs, and judges it. */
export async function settle(site: Site, service: ServiceName): Promise<readonly string[]> {
  await waitFor('all is read', async () => {
    const left = await leftToDo(site, [service]).catch(String)
    return left === '' || site.processes().length === 0
  })
  const running = site.processes()
  await Promise.all(running.map(({ ready, exited }) => Promise.race([ready, exited])))
  for (const one of running) one.kill('SIGTERM')
  for (const one of running) assert.equal((await one.exited).code, 0, one.said())
  assert.ok(running.length > 0, 'a process has ended by itself')
  return site.judge(await judgedLog(site.log, site.directBootstrap), { services: [service] })
}
