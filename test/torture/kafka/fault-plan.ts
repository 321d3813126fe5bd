import { pick } from '../../support/audit/input.ts'
import type { ServiceName } from '../../support/pipeline-rig.ts'
import { pointsOf, type Crash, type CrashPoint } from '../crash-points.ts'
import { storePoints, type StorePoint } from './store-points.ts'

/** What the processes of one service go through, until the next fault begins with a new one. */
export type ServiceFault =
  | Readonly<{ kind: 'crash point'; crash: Crash }>
  | Readonly<{ kind: 'kill' | 'terminate'; afterMs: number }>
  /** Killed in the midst of what it does to the store. */
  | Readonly<{ kind: 'store crash'; at: StorePoint }>
  /** Asleep beyond the session's time-out, while another takes over; at a point where it does the most harm, or anywhere. */
  | Readonly<{ kind: 'zombie'; crash: Crash | undefined; at?: StorePoint; graceful: boolean }>
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

export type StoreFault =
  | Readonly<{ kind: 'store away' | 'store slow' | 'store silent' | 'store answers nobody'; forMs: number }>
  /** Somebody claims shards who has no right to them; that share. */
  | Readonly<{ kind: 'rival claims'; share: number }>
  | Readonly<{
      kind: 'lost request' | 'lost reply' | 'cut before' | 'cut after' | 'temporary failure'
      request: 'get' | 'add' | 'replace'
      at: 'shards' | 'documents'
      times: number
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
  /** Whether it can be met in the midst of what it does to the store. */
  storePoints: boolean
}>

/**
 * Every kind in random order, over and over; for payment a zombie first, so that the shortest run has one: zombies broke
 * every arrangement but ours.
 */
export function* planService({
  service,
  random,
  losesOffsets,
  storePoints: hasPoints,
}: ServicePlan): Generator<ServiceFault, never> {
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
        if (hasPoints && random() < 0.5)
          return { kind, crash: undefined, at: pick(storePoints, random), graceful: true }
        const asleep = { ...crashAt(nextPoint()), holdMs: Math.floor(random() * 2_000) }
        return { kind, crash: random() < 0.7 ? asleep : undefined, graceful: random() < 0.5 }
      }
      case 'store crash':
        return { kind, at: pick(storePoints, random) }
      case 'storm':
        return { kind, pausesMs: Array.from({ length: 4 }, () => 300 + Math.floor(random() * 2_200)) }
      case 'lost offsets':
        return { kind, how: pick(['deleted', 'rewound'] as const, random) }
      default:
        return { kind, afterMs }
    }
  }
  const lasting = losesOffsets ? (['lost offsets'] as const) : []
  const inStore = hasPoints ? (['store crash', 'store crash'] as const) : []
  if (service === 'payment') yield faultOf('zombie')
  for (;;) {
    const kinds = [
      'crash point',
      'crash point',
      'kill',
      'terminate',
      'zombie',
      'storm',
      ...lasting,
      ...inStore,
    ] as const
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

export function* planStore(random: () => number): Generator<StoreFault, never> {
  const whole = ['store away', 'store slow', 'store silent', 'store answers nobody'] as const
  const single = ['lost request', 'lost reply', 'cut before', 'cut after', 'temporary failure'] as const
  for (;;) {
    for (const kind of shuffled([...whole, ...single, ...single, 'rival claims', 'rival claims'] as const, random)) {
      const luck = random()
      if (kind === 'rival claims') yield { kind, share: luck }
      else if (isOneOf(single, kind)) {
        const request = pick(['get', 'add', 'replace'] as const, random)
        const at = pick(['shards', 'documents'] as const, random)
        yield {
          kind,
          request,
          at,
          times: kind === 'temporary failure' ? 1 + Math.floor(40 * luck) : 1 + Math.floor(4 * luck),
        }
      } else yield { kind, forMs: 500 + Math.floor(luck * 2_500) }
    }
  }
}

function isOneOf<Kind extends string>(kinds: readonly Kind[], kind: string): kind is Kind {
  return kinds.some((one) => one === kind)
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
