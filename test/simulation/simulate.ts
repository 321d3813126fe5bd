import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import { openMemoryStoreState } from '../../src/adapters/memory/memory-store-state.ts'
import { topicSpecs } from '../../src/compose/topics.ts'
import { readConfig } from '../../src/config.ts'
import type { OperatorDecision } from '../../src/domain/payment.ts'
import { seededRandom } from '../../src/domain/random.ts'
import type { Log } from '../../src/ports/log.ts'
import { audit } from '../support/audit/audit.ts'
import { makeInput } from '../support/audit/input.ts'
import { openBroker } from './broker.ts'
import { openChaos } from './chaos.ts'
import { noCallFaults } from './faults.ts'
import { openGateway } from './gateway.ts'
import { openOperator } from './operator.ts'
import { openProducer, type SimulatedProducer } from './producer.ts'
import type { Scenario } from './scenario.ts'
import type { Plant, Site } from './services.ts'
import { openWatch } from './watch.ts'
import { openWorld, quiet, type World } from './world.ts'

export type SimulationOptions = Readonly<{
  plant?: Plant
  /** What happens to the process that comes to this gate, counted over all of them. */
  at?: Readonly<{ gate: number; fault: 'crash' | 'stall' }>
}>

export type SimulationResult = Readonly<{
  complaints: readonly string[]
  steps: number
  gatesPassed: number
  /** That an operator took about payments. */
  decisions: readonly OperatorDecision[]
}>

/** Steps after the last fault within which everything must have been read: some hundred times what it takes. */
const drainStepsMax = 60_000
const looksEvery = 20
const groups = ['fraud-group', 'payments-group', 'analytics-group', 'views-group']

/** Runs one scenario to its end and audits it. The same scenario gives the same result, step by step. */
export async function simulate(scenario: Scenario, { plant, at }: SimulationOptions = {}): Promise<SimulationResult> {
  const complaints: string[] = []
  const complain = (complaint: string): void => void complaints.push(complaint)
  const random = seededRandom(scenario.seed ^ 0x5eed)
  const world = openWorld({
    random,
    onGate: (owner, passed) => {
      if (at && passed === at.gate) chaos[at.fault](owner)
    },
  })
  const broker = openBroker(world)
  const site: Site = {
    world,
    broker,
    state: openMemoryStoreState(),
    gateway: openGateway(scenario.seed),
    scenario,
    faults: () => (chaos.isCalm() ? noCallFaults : scenario.calls),
    plant,
    complain,
  }
  await createTopics(world, broker.log(), scenario)
  const { orders: count, partitions, reuse, policy, loseOffsets } = scenario
  const input = makeInput({ count, partitions, reuseIds: reuse === 'replace', random: seededRandom(scenario.seed) })
  const producer = openProducer(world, broker, input, site.faults)
  const operator = openOperator(site)
  const chaos = openChaos(site, producer, operator)
  const watch = openWatch(site.state, broker, complain)
  const steps = await runUntilDrained()
  await endProcesses()
  await checkAcknowledged(broker.log(), producer, complain)
  const wrong = await audit({
    log: broker.log(),
    store: openMemoryStore({ state: site.state }),
    calls: site.gateway.calls,
    policy,
    reuse,
    repeats: loseOffsets > 0 ? 'by event id' : 'none',
    totalsSeen: watch.totals,
    paymentsSeen: watch.payments,
  })
  return {
    complaints: [...complaints, ...wrong],
    steps,
    gatesPassed: world.gatesPassed(),
    decisions: operator.decisions,
  }

  async function runUntilDrained(): Promise<number> {
    const stepsMax = scenario.faultSteps + drainStepsMax
    for (let step = 0; step < stepsMax; step += 1) {
      chaos.tick(step)
      const someoneWent = await world.step()
      if (step % looksEvery === 0) await watch.look()
      const mayBeDone = chaos.isCalm() && producer.isDone() && (step % looksEvery === 0 || !someoneWent)
      if (mayBeDone && (await isDrained(broker.log()))) {
        if (operator.isDone()) return step
        operator.finish()
        continue
      }
      if (!someoneWent && chaos.isCalm()) {
        complain(`I9: everybody waits for ever, and ${await lagText(broker.log())}`)
        return step
      }
    }
    complain(`I9: not drained after ${stepsMax} steps: ${await lagText(broker.log())}`)
    return stepsMax
  }

  async function endProcesses(): Promise<void> {
    let hasEnded = false
    void chaos.stopAll().then(() => (hasEnded = true))
    for (let step = 0; step < drainStepsMax; step += 1) {
      await world.step()
      if (hasEnded) return
    }
    if (!plant) complain('I9: a process did not end when it was told to')
  }
}

async function createTopics(world: World, log: Log, { partitions }: Scenario): Promise<void> {
  const created = log.createTopics(topicSpecs(readConfig({ ORDERMILL_PARTITIONS: `${partitions}` })))
  await quiet()
  await world.step()
  await created
}

async function isDrained(log: Log): Promise<boolean> {
  const lags = await Promise.all(groups.map((group) => log.lag(group)))
  return lags.every((lag) => lag.length > 0 && lag.every(({ lagRecords }) => lagRecords === 0))
}

async function lagText(log: Log): Promise<string> {
  const lags = await Promise.all(groups.map((group) => log.lag(group)))
  const unread = groups.map((group, index) => [
    group,
    lags[index]?.reduce((sum, { lagRecords }) => sum + lagRecords, 0),
  ])
  return unread.map(([group, records]) => `${group} has ${records} to read`).join(', ')
}

/** I1: what was acknowledged is in the log, where it was said to be. */
async function checkAcknowledged(
  log: Log,
  { acknowledged }: SimulatedProducer,
  complain: (complaint: string) => void,
): Promise<void> {
  for (const { record, position } of acknowledged) {
    const { records } = await log.read({ ...position, recordsMax: 1, bytesMax: 1 })
    const [found] = records
    const same =
      found?.offset === position.offset && Buffer.compare(found.value ?? Buffer.of(), record.value ?? Buffer.of()) === 0
    if (!same) complain(`I1: the acknowledged record at ${position.partition}-${position.offset} is not in the log`)
  }
}
