import { Link } from 'wouter'
import type { DeadLetterDetail } from '../../../src/api/contract.ts'
import { useDeadLetter } from '../api/queries.ts'
import { BytesView } from '../components/bytes-view.tsx'
import { HeadersView } from '../components/headers-view.tsx'
import { DetailHead } from '../components/detail-head.tsx'
import { Facts, type Fact } from '../components/facts.tsx'
import { Panel } from '../components/panel.tsx'
import { QueryState, Skeleton } from '../components/query-state.tsx'
import { Status } from '../components/status.tsx'
import { useTitle } from '../components/use-title.ts'
import { CopyButton, Count, Instant } from '../components/values.tsx'

export function DeadLetterView({ id }: { id: string }) {
  useTitle('Dead letter')
  const query = useDeadLetter(id)
  return (
    <>
      <DetailHead back="/dead-letters" backLabel="Dead letters" title="Dead letter">
        <span className="mono muted truncate">{id}</span>
        <CopyButton text={id} what="id" />
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
          </div>
        </Panel>
        <Panel title="The record, byte for byte">
          <Contents record={letter.record} />
        </Panel>
      </div>
      <Panel title="Where and when" className="detail-side">
        <Facts facts={factsOf(letter)} />
      </Panel>
    </div>
  )
}

function Contents({ record }: Pick<DeadLetterDetail, 'record'>) {
  if (record === null) return <p className="reason muted">The log has removed it: its retention time is over.</p>
  return (
    <>
      <BytesView name="Key" bytes={record.key} />
      <BytesView name="Value" bytes={record.value} />
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
    ['Attempts', <Count key="attempts" value={letter.delivery_count} />],
    ['First failed', <Instant key="first" at={letter.first_failed_at} />],
    ['Dead-lettered', <Instant key="at" at={letter.logged_at} />],
  ]
}

function Place({ topic, partition, offset }: { topic: string; partition: number; offset: number }) {
  return (
    <span className="mono">
      {topic} · partition {partition} · offset {offset}
    </span>
  )
}
