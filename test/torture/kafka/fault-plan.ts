import { pick } from '../../support/audit/input.ts'
import type { ServiceName } from '../../support/pipeline-rig.ts'
import { pointsOf, type Crash, type CrashPoint } from '../crash-points.ts'

/** What the processes of one service go through, until the next fault begins with a new one. */
export type ServiceFault =
  | Readonly<{ kind: 'crash point'; crash: Crash }>
  | Readonly<{ kind: 'kill' | 'terminate'; afterMs: number }>
  /** Asleep beyond the session's time-out, while another takes over; at a point where it does the most harm, or anywhere. */
  | Readonly<{ kind: 'zombie'; crash: Crash | undefined; graceful: boolean }>
  | Readonly<{ kind: 'storm'; pausesMs: readonly number[] }>
  /** The group's offsets are deleted, or set back. */
  | Readonly<{ kind: 'lost offsets'; how: 'deleted' | 'rewound' }>

export type BrokerFault =
  | Readonly<{ kind: 'broker kill' | 'broker stop'; which: number; downMs: number }>
  | Readonly<{ kind: 'broker pause'; which: number; pauseMs: number }>

export type NetworkFault = Readonly<{
  kind: 'latency' | 'reset' | 'half-open' | 'lost replies' | 'refused connections'
  forMs: number
}>

/** A commit on Kafka takes several requests, apart from that of views, which have no outputs. */
function kafkaPointsOf(service: ServiceName): readonly CrashPoint[] {
  return service === 'views' ? pointsOf(service) : [...pointsOf(service), 'amid commit']
}

export type ServicePlan = Readonly<{
  service: ServiceName
  random: () => number
  /** Whether the group's offsets may be taken away: its outputs may be repeated then. */
  losesOffsets: boolean
}>

/**
 * Every kind in random order, over and over; for payment a zombie first, so that the shortest run has one: zombies broke
 * every arrangement but ours.
 */
export function* planService({ service, random, losesOffsets }: ServicePlan): Generator<ServiceFault, never> {
  let points: CrashPoint[] = []
  const nextPoint = (): CrashPoint => {
    if (points.length === 0) points = shuffled(kafkaPointsOf(service), random)
    return points.pop() ?? 'after outputs'
  }
  const crashAt = (point: CrashPoint): Crash => ({ service, point, after: Math.floor(random() * 4) })
  const faultOf = (kind: ServiceFault['kind']): ServiceFault => {
    const afterMs = 200 + Math.floor(random() ** 2 * 2_800)
    switch (kind) {
      case 'crash point':
        return { kind, crash: crashAt(nextPoint()) }
      case 'zombie': {
        const asleep = { ...crashAt(nextPoint()), holdMs: Math.floor(random() * 2_000) }
        return { kind, crash: random() < 0.7 ? asleep : undefined, graceful: random() < 0.5 }
      }
      case 'storm':
        return { kind, pausesMs: Array.from({ length: 4 }, () => 300 + Math.floor(random() * 2_200)) }
      case 'lost offsets':
        return { kind, how: pick(['deleted', 'rewound'] as const, random) }
      default:
        return { kind, afterMs }
    }
  }
  const lasting = losesOffsets ? (['lost offsets'] as const) : []
  if (service === 'payment') yield faultOf('zombie')
  for (;;) {
    const kinds = ['crash point', 'crash point', 'kill', 'terminate', 'zombie', 'storm', ...lasting] as const
    for (const kind of shuffled(kinds, random)) yield faultOf(kind)
  }
}

export type BrokerPlan = Readonly<{ random: () => number; brokers: number; hasProxy: boolean }>

export function* planBrokers({ random, brokers, hasProxy }: BrokerPlan): Generator<BrokerFault | NetworkFault, never> {
  const ofBrokers = ['broker kill', 'broker stop', 'broker pause'] as const
  const ofNetwork = hasProxy
    ? (['latency', 'reset', 'half-open', 'lost replies', 'refused connections'] as const)
    : ([] as const)
  for (;;) {
    for (const kind of shuffled([...ofBrokers, ...ofNetwork], random)) {
      const ms = 500 + Math.floor(random() * 3_000)
      const which = Math.floor(random() * brokers)
      if (kind === 'broker pause') yield { kind, which, pauseMs: 2 * ms }
      else if (kind === 'broker kill' || kind === 'broker stop') yield { kind, which, downMs: ms }
      else yield { kind, forMs: ms }
    }
  }
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
