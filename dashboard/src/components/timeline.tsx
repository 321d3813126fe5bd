import { Link } from 'wouter'
import type { TimelineEvent } from '../order-timeline.ts'
import { Instant, Time } from './values.tsx'

export function Timeline({ events }: { events: readonly TimelineEvent[] }) {
  return (
    <ol className="timeline">
      {events.map((event, index) => (
        <li key={index}>
          <span className={`dot dot-${event.tone}`} />
          <div className="timeline-what">
            <p className="timeline-title">{event.href ? <Link href={event.href}>{event.title}</Link> : event.title}</p>
            <p className="muted">{event.detail}</p>
            {event.place && (
              <p className="mono muted timeline-place" title={`Topic id ${event.place.topic_id}`}>
                partition {event.place.partition} · offset {event.place.offset}
              </p>
            )}
          </div>
          <div className="timeline-when">
            {event.at === null ? (
              <span className="muted">not timed</span>
            ) : (
              <>
                <Time at={event.at} />
                <span className="muted timeline-instant">
                  <Instant at={event.at} />
                </span>
              </>
            )}
          </div>
        </li>
      ))}
    </ol>
  )
}
