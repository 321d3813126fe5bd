import type { Journey, JourneyEvent } from '../../src/api/contract/journey.ts'
import { formatLatency } from './format.ts'
import type { TimelineEvent } from './order-timeline.ts'

/** What is known to have happened to an order, as the timeline shows it: the earliest first. */
export function journeyTimeline({ events }: Journey): readonly TimelineEvent[] {
  return events.map((event) => ({
    title: event.title,
    detail: event.detail,
    tone: event.state,
    at: event.at,
    note: noteOf(event),
    ...(event.record && { record: event.record }),
    ...(event.dead_letter_id !== null && { href: `/dead-letters/${encodeURIComponent(event.dead_letter_id)}` }),
  }))
}

/** Who did it, and how long after the record that led to it. */
function noteOf({ group, latency_ms }: JourneyEvent): string {
  const parts = [...(group === null ? [] : [group]), ...(latency_ms === null ? [] : [`+${formatLatency(latency_ms)}`])]
  return parts.join(' · ')
}
