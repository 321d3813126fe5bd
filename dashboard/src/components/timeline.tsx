import { Link } from 'wouter'
import type { TimelineEvent } from '../order-timeline.ts'
import type { Tone } from '../labels.ts'
import { Instant, Time } from './values.tsx'

/** What the dot says by its colour. */
const toneWords = {
  good: 'Good: ',
  warning: 'Needs a look: ',
  bad: 'Bad: ',
  neutral: '',
  active: '',
} as const satisfies Record<Tone, string>

export function Timeline({ events }: { events: readonly TimelineEvent[] }) {
  return (
    <ol className="timeline">
      {events.map((event, index) => (
        <li key={index}>
          <span className={`dot dot-${event.tone}`} />
          <div className="timeline-what">
            <p className="timeline-title">
              <span className="visually-hidden">{toneWords[event.tone]}</span>
              {event.href ? <Link href={event.href}>{event.title}</Link> : <span>{event.title}</span>}
            </p>
            {event.detail && <p className="muted">{event.detail}</p>}
            {event.record && <Place {...event.record} note={event.note} />}
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

function Place({
  topic,
  partition,
  offset,
  note,
}: NonNullable<TimelineEvent['record']> & { note: string | undefined }) {
  return (
    <p className="muted timeline-place">
      {note && <span className="num">{note} · </span>}
      <span className="mono" title={`Topic ${topic}, partition ${partition}, offset ${offset}`}>
        {topic}/{partition}@{offset}
      </span>
    </p>
  )
}
