import type { Log, NewRecord } from '../../src/ports/log.ts'
import { commitBeforeStep } from '../support/commit-before-step.ts'
import type { Ports } from './crash-points.ts'

type Plant = (ports: Ports) => Ports

/** Each record is an order of its own. */
const noDuplicateCheck: Plant = ({ log, store }) => ({
  log,
  store: {
    ...store,
    applyOrders: (claim, facts, progress) => {
      const own = (offset: number) => claim.shard.partition * 1_000_000 + offset + 1
      const distinct = facts.map((fact) =>
        fact.kind === 'order' ? { ...fact, identity: { ...fact.identity, createdAtMs: own(fact.offset) } } : fact,
      )
      return store.applyOrders(claim, distinct, progress)
    },
  },
})

type Outputs = readonly NewRecord[]

function withOutputs(log: Log, change: (outputs: Outputs) => Outputs | Promise<Outputs>): Log {
  return {
    ...log,
    transform: (subscription, step, signal) =>
      log.transform(subscription, async (batch) => change(await step(batch)), signal),
  }
}

function isRedriven({ topic }: NewRecord): boolean {
  return topic.endsWith('.retry')
}

/** What goes to a retry topic is appended by itself, before the step that makes it is committed. */
const redriveByItself: Plant = ({ log, store }) => ({
  log: withOutputs(log, async (outputs) => {
    const redriven = outputs.filter(isRedriven)
    if (redriven.length > 0) await log.append(redriven)
    return outputs.filter((output) => !isRedriven(output))
  }),
  store,
})

const redriveTwice: Plant = ({ log, store }) => ({
  log: withOutputs(log, (outputs) => [...outputs, ...outputs.filter(isRedriven)]),
  store,
})

/** What comes by the retry topic is counted as it is read, and once more. */
const countTwice: Plant = ({ log, store }) => ({
  log,
  store: {
    ...store,
    async applyOrders(claim, facts, progress) {
      if (!claim.shard.topic.endsWith('.retry')) return store.applyOrders(claim, facts, progress)
      const answers = await store.applyOrders(claim, [...facts, ...facts], progress)
      return answers.slice(0, facts.length)
    },
  },
})

type Plants = Readonly<Record<string, Plant>>

const ofServices: Plants = {
  'commit before the step': ({ log, store }) => ({ log: commitBeforeStep(log), store }),
  'no duplicate check': noDuplicateCheck,
  'a redriven record is counted twice': countTwice,
}

/** One that forgets a job would only stop all others. */
const ofRedrives: Plants = {
  'a redrive outside of its transaction': redriveByItself,
  'a redrive writes each letter twice': redriveTwice,
}

/** In a service. */
export function plantFault(name: string | undefined, ports: Ports): Ports {
  return planted(ofServices, name, ports)
}

/** In whoever carries out redrives. */
export function plantRedriveFault(name: string | undefined, ports: Ports): Ports {
  return planted(ofRedrives, name, ports)
}

function planted(plants: Plants, name: string | undefined, ports: Ports): Ports {
  return name === undefined ? ports : (plants[name] ?? ((same) => same))(ports)
}
