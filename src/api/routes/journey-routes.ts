import type { Journey } from '../../operations/journey.ts'
import type { JourneyEvent } from '../../operations/journey-facts.ts'
import { problems, type App } from '../app.ts'
import { orderParams } from '../contract.ts'
import { journey, type Journey as JourneyView } from '../contract/journey.ts'
import { isoTime } from '../views.ts'

type Deps = Readonly<{ read: (orderId: number) => Promise<Journey> }>

export function journeyRoutes(app: App, { read }: Deps): void {
  const schema = {
    operationId: 'getJourney',
    summary: 'Everything that happened to one order across all topics, in order',
    description:
      'With where each record is, when it was written, and how long each hop took. An order that no group has handled yet is ' +
      'found as long as it is among the newest records of its partition.',
    tags: ['orders'],
    params: orderParams,
    response: { 200: journey, ...problems },
  }
  app.get('/api/v1/orders/:order_id/journey', { schema, config: { access: 'viewer' } }, async ({ params }) =>
    journeyView(await read(params.order_id)),
  )
}

function journeyView({ orderId, events, pending, durationMs, truncated, identities }: Journey): JourneyView {
  return {
    order_id: orderId,
    events: events.map(eventView),
    pending: pending.map(({ group, record, lagRecords }) => ({ group, record, lag_records: lagRecords })),
    duration_ms: durationMs,
    truncated,
    identities,
  }
}

function eventView({ kind, atMs, record, group, title, detail, state, sinceMs, deadLetterId }: JourneyEvent) {
  return {
    kind,
    at: atMs === null ? null : isoTime(atMs),
    record,
    group,
    title,
    detail,
    state,
    latency_ms: atMs === null || sinceMs === null ? null : Math.max(atMs - sinceMs, 0),
    dead_letter_id: deadLetterId,
  }
}
