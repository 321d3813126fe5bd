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

const plants: Readonly<Record<string, Plant>> = {
  'commit before the step': ({ log, store }) => ({ log: commitBeforeStep(log), store }),
  'no duplicate check': noDuplicateCheck,
}

export function plantFault(name: string | undefined, ports: Ports): Ports {
  return name === undefined ? ports : (plants[name] ?? ((same) => same))(ports)
}
