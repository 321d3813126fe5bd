import type { OrderId } from '../domain/order.ts'
import { journeyEvents } from './journey-events.ts'
import type { JourneyEvent, JourneyFacts, Pending } from './journey-facts.ts'

export type Journey = Readonly<{
  orderId: OrderId
  /** By time; what has none stands behind what led to it. */
  events: readonly JourneyEvent[]
  pending: readonly Pending[]
  /** From the first to the last thing whose time is known; null when none is. */
  durationMs: number | null
  truncated: boolean
  identities: number
}>

/** An order that changes its status three times and is refused and redriven by every group has about thirty. */
export const journeyEventsMax = 500

/** Everything that happened to one order, in order. Pure. */
export function assembleJourney(facts: JourneyFacts): Journey {
  const events = inOrder(journeyEvents(facts))
  const times = events.flatMap(({ atMs }) => atMs ?? [])
  return {
    orderId: facts.orderId,
    events: events.slice(0, journeyEventsMax),
    pending: facts.pending,
    durationMs: times.length > 0 ? Math.max(...times) - Math.min(...times) : null,
    truncated: facts.truncated || events.length > journeyEventsMax,
    identities: facts.identities,
  }
}

/** Clocks of several processes differ: nothing comes before what led to it. At one time the order is that of the causes. */
function inOrder(events: readonly JourneyEvent[]): readonly JourneyEvent[] {
  const timeOf = ({ atMs, sinceMs }: JourneyEvent): number => Math.max(atMs ?? 0, sinceMs ?? 0)
  return events.toSorted((a, b) => timeOf(a) - timeOf(b) || rankByKind[a.kind] - rankByKind[b.kind])
}

const rankByKind: Readonly<Record<JourneyEvent['kind'], number>> = {
  received: 0,
  'status-changed': 0,
  redriven: 0,
  'operator-decided': 0,
  'fraud-cleared': 1,
  'fraud-flagged': 1,
  'payment-decided': 2,
  'payment-attempted': 3,
  'payment-settled': 4,
  counted: 5,
  refused: 6,
}
