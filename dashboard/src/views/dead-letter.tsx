import { Link } from 'wouter'
import type { DeadLetterDetail } from '../../../src/api/contract.ts'
import { useDeadLetter } from '../api/queries.ts'
import { BytesView } from '../components/bytes-view.tsx'
import { HeadersView } from '../components/headers-view.tsx'
import { DetailHead } from '../components/detail-head.tsx'
import { Facts, type Fact } from '../components/facts.tsx'
import { LetterState } from '../components/letter-state.tsx'
import { Panel } from '../components/panel.tsx'
import { QueryState, Skeleton } from '../components/query-state.tsx'
import { Status } from '../components/status.tsx'
import { useTitle } from '../components/use-title.ts'
import { CopyButton, Count, Instant } from '../components/values.tsx'
import { formatCount } from '../format.ts'
import { LetterActions } from './letter-actions.tsx'

export function DeadLetterView({ id }: { id: string }) {
  useTitle('Dead letter')
  const query = useDeadLetter(id)
  return (
    <>
      <DetailHead back="/dead-letters" backLabel="Dead letters" title="Dead letter">
        <span className="mono muted truncate">{id}</span>
        <CopyButton text={id} what="id" />
        {query.data && <LetterActions letter={query.data} />}
      </DetailHead>
      <QueryState framed query={query} skeleton={<Skeleton height={360} width="100%" />}>
        {(letter) => <Letter letter={letter} />}
      </QueryState>
    </>
  )
}

function Letter({ letter }: { letter: DeadLetterDetail }) {
  return (
    <div className="detail">
      <div className="detail-main">
        <Panel title="Why it was refused">
          <div className="reason">
            <Status tone="bad">{letter.code}</Status>
            <p>{letter.message}</p>
            <Issues issues={letter.issues} />
          </div>
        </Panel>
        <Panel title="The record, byte for byte">
          <Contents record={letter.record} issues={letter.issues} />
        </Panel>
      </div>
      <Panel title="Where and when" className="detail-side">
        <Facts facts={factsOf(letter)} />
      </Panel>
    </div>
  )
}

/** Where the reason points to, also when the value can't be shown as JSON. */
function Issues({ issues }: Pick<DeadLetterDetail, 'issues'>) {
  return issues.map(({ pointer, message }) => (
    <p key={`${pointer} ${message}`} className="muted">
      <code>{pointer || 'the whole value'}</code> {message}
    </p>
  ))
}

function Contents({ record, issues }: Pick<DeadLetterDetail, 'record' | 'issues'>) {
  if (record === null) return <p className="reason muted">The log has removed it: its retention time is over.</p>
  return (
    <>
      <BytesView name="Key" bytes={record.key} />
      <BytesView name="Value" bytes={record.value} issues={issues} />
      <HeadersView headers={record.headers} />
    </>
  )
}

function factsOf(letter: DeadLetterDetail): readonly Fact[] {
  const { order_id } = letter
  return [
    ['Refused by', letter.group],
    ['Stage', letter.stage],
    ['Record', <Place key="record" {...letter} />],
    ['Letter', <Place key="letter" {...letter.letter} />],
    [
      'Order',
      order_id === null ? (
        'unknown'
      ) : (
        <Link key="order" href={`/orders/${order_id}`}>
          {order_id}
        </Link>
      ),
    ],
    ['State', <LetterState key="state" letter={letter} />],
    ...redrivenFacts(letter),
    ['Redriven before', <Redrives key="before" letter={letter} />],
    ['Attempts', <Count key="attempts" value={letter.delivery_count} />],
    ['First failed', <Instant key="first" at={letter.first_failed_at} />],
    ['Dead-lettered', <Instant key="at" at={letter.logged_at} />],
  ]
}

function redrivenFacts({ redriven }: DeadLetterDetail): readonly Fact[] {
  if (!redriven) return []
  return [
    ['Redriven', <Instant key="redriven" at={redriven.at} />],
    [
      'Redriven by',
      <Link key="job" href={`/activity/${encodeURIComponent(redriven.job)}`}>
        job {redriven.job}
      </Link>,
    ],
    ['Redriven as', <Place key="place" {...redriven} />],
  ]
}

/** A record that comes back is a loop: somebody should see its length. */
function Redrives({ letter: { redrive_count, quarantined } }: { letter: DeadLetterDetail }) {
  if (redrive_count === 0) return 'never'
  const times = redrive_count === 1 ? 'once' : `${formatCount(redrive_count)} times`
  return quarantined ? `${times}: in quarantine` : times
}

function Place({ topic, partition, offset }: { topic: string; partition: number; offset: number }) {
  return (
    <span className="mono">
      {topic} · partition {partition} · offset {offset}
    </span>
  )
}
