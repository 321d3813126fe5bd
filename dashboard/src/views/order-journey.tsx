import type { Journey } from '../../../src/api/contract/journey.ts'
import { useJourney } from '../api/operations.ts'
import { Panel } from '../components/panel.tsx'
import { QueryState, Skeleton } from '../components/query-state.tsx'
import { Timeline } from '../components/timeline.tsx'
import { formatLatency, plural } from '../format.ts'
import { journeyTimeline } from '../journey-timeline.ts'

/** What became of an order, hop by hop, and where it still has to go. It keeps itself up to date. */
export function OrderJourney({ orderId }: { orderId: string }) {
  const query = useJourney(orderId)
  return (
    <Panel title="What happened" note={query.data && noteOf(query.data)}>
      <QueryState query={query} skeleton={<JourneySkeleton />}>
        {(journey) => (
          <>
            <Timeline events={journeyTimeline(journey)} />
            <Pending journey={journey} />
            {journey.truncated && (
              <p className="reason muted">
                More was written about this order than is looked for here: what is missing is in its topics all the
                same.
              </p>
            )}
          </>
        )}
      </QueryState>
    </Panel>
  )
}

function noteOf({ duration_ms, pending }: Journey): string {
  const took = duration_ms === null ? '' : ` in ${formatLatency(duration_ms)}`
  if (pending.length > 0) return 'still on its way'
  return `times in UTC, all done${took}`
}

function Pending({ journey: { pending } }: { journey: Journey }) {
  if (pending.length === 0) return null
  return (
    <ul className="pending" aria-label="Still to come">
      {pending.map(({ group, record, lag_records }) => (
        <li key={`${group} ${record.topic} ${record.partition} ${record.offset}`}>
          <span className="dot dot-active" />
          <span>
            <strong>{group}</strong> has not read{' '}
            <span className="mono">
              {record.topic}/{record.partition}@{record.offset}
            </span>{' '}
            yet
            <span className="muted num"> · {plural(lag_records, 'record')} before it</span>
          </span>
        </li>
      ))}
    </ul>
  )
}

function JourneySkeleton() {
  return (
    <div className="timeline-skeleton">
      {['received', 'fraud', 'payment', 'settled'].map((step) => (
        <Skeleton key={step} height={44} width="100%" />
      ))}
    </div>
  )
}
