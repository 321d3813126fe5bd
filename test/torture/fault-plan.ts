import { pick } from '../support/audit/input.ts'
import { serviceNames } from '../support/pipeline-rig.ts'
import { pointsOf, type Crash, type Mortal } from './crash-points.ts'

/** What one engine process goes through, from its start to its end. */
export type Fault =
  | Readonly<{ kind: 'crash point'; crash: Crash }>
  | Readonly<{ kind: 'kill' | 'terminate'; afterMs: number }>
  | Readonly<{ kind: 'sleep' | 'zombie'; afterMs: number; sleepMs: number }>
  | Readonly<{ kind: 'cut store' | 'tear log'; afterMs: number; random: number }>
  | Readonly<{ kind: 'full disk'; of: 'log' | 'every file'; afterMs: number; spareBytes: number }>

const mortals: readonly Mortal[] = [...serviceNames, 'operations']
const otherKinds = ['kill', 'kill', 'terminate', 'sleep', 'zombie', 'tear log', 'full disk'] as const
const withCuts = [...otherKinds, 'cut store', 'cut store', 'cut store'] as const

export type PlanOptions = Readonly<{ random: () => number; cutsStore: boolean }>

/** Every named crash point once, in random order, with other faults between them; then others for ever. */
export function* planFaults({ random, cutsStore }: PlanOptions): Generator<Fault, never> {
  const kinds = cutsStore ? withCuts : otherKinds
  const crashes = mortals.flatMap((service) => pointsOf(service).map((point) => ({ service, point })))
  while (crashes.length > 0) {
    const [crash] = crashes.splice(Math.floor(random() * crashes.length), 1)
    if (crash) yield { kind: 'crash point', crash: { ...crash, after: Math.floor(random() * 4) } }
    if (random() < 0.5) yield anyFault(kinds, random)
  }
  for (;;) yield random() < 0.3 ? anyCrash(random) : anyFault(kinds, random)
}

function anyCrash(random: () => number): Fault {
  const service = pick(mortals, random)
  return {
    kind: 'crash point',
    crash: { service, point: pick(pointsOf(service), random), after: Math.floor(random() * 30) },
  }
}

function anyFault(kinds: readonly (typeof withCuts)[number][], random: () => number): Fault {
  // After the first acknowledgement, so that a slow start is not all that is killed.
  const afterMs = Math.floor(random() ** 2 * 3_000)
  const kind = pick(kinds, random)
  switch (kind) {
    case 'sleep':
    case 'zombie':
      return { kind, afterMs: Math.min(afterMs, 700), sleepMs: 100 + Math.floor(random() * 900) }
    case 'cut store':
    case 'tear log':
      return { kind, afterMs: Math.min(afterMs, 700), random: random() }
    case 'full disk':
      return {
        kind,
        of: pick(['log', 'every file'] as const, random),
        afterMs: Math.min(afterMs, 700),
        spareBytes: 32_768,
      }
    default:
      return { kind, afterMs }
  }
}
