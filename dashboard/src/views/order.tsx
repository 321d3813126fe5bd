import type { ReactNode } from 'react'
import type { OrderDetail } from '../../../src/api/contract.ts'
import { useOrder } from '../api/queries.ts'
import { Code } from '../components/code.tsx'
import { DetailHead } from '../components/detail-head.tsx'
import { Facts, type Fact } from '../components/facts.tsx'
import { Panel } from '../components/panel.tsx'
import { QueryState, Skeleton } from '../components/query-state.tsx'
import { OrderStatusDot, OutcomeDot } from '../components/status.tsx'
import { Timeline } from '../components/timeline.tsx'
import { useTitle } from '../components/use-title.ts'
import { Country, CopyButton, Instant, Money, countryName } from '../components/values.tsx'
import { timelineOf } from '../order-timeline.ts'
import { OrderActions } from './order-actions.tsx'
import { OrderJourney } from './order-journey.tsx'

type Story = Omit<OrderDetail, 'order_id' | 'other_identities'>

export function OrderView({ orderId }: { orderId: string }) {
  useTitle(`Order ${orderId}`)
  const query = useOrder(orderId)
  return (
    <>
      <DetailHead
        back="/orders"
        backLabel="Orders"
        title={
          <>
            Order <span className="mono">{orderId}</span>
          </>
        }
      >
        <CopyButton text={orderId} what="order id" />
        {query.data?.order && <OrderStatusDot status={query.data.order.status} />}
        {query.data?.payment && <OutcomeDot outcome={query.data.payment.outcome} />}
        {query.data && <OrderActions detail={query.data} />}
      </DetailHead>
      <QueryState framed query={query} skeleton={<Skeleton height={420} width="100%" />}>
        {(detail) => (
          <>
            <StoryView story={detail} happened={<OrderJourney orderId={orderId} />} />
            {detail.other_identities.map((story, index) => (
              <section key={story.order?.created_at ?? index}>
                <h2 className="other">Another order that had this id</h2>
                <StoryView story={story} happened={<WhatHappened story={story} />} />
              </section>
            ))}
          </>
        )}
      </QueryState>
    </>
  )
}

function StoryView({ story, happened }: { story: Story; happened: ReactNode }) {
  const { order } = story
  return (
    <div className="detail">
      <div className="detail-main">
        {happened}
        {order?.document && <Document text={JSON.stringify(order.document, null, 2)} />}
      </div>
      <Panel title="Order" className="detail-side detail-first">
        {order ? <Facts facts={factsOf(order)} /> : <p className="reason muted">Refused: it was never counted.</p>}
      </Panel>
    </div>
  )
}

/** Of an order that lost its id to a newer one: what the store knows of it. */
function WhatHappened({ story }: { story: Story }) {
  return (
    <Panel title="What happened" note="times in UTC, the earliest first">
      <Timeline events={timelineOf(story)} />
    </Panel>
  )
}

function Document({ text }: { text: string }) {
  return (
    <Panel title="Stored document" actions={<CopyButton text={text} what="document" />}>
      <Code label="Document">{text}</Code>
    </Panel>
  )
}

function factsOf(order: NonNullable<Story['order']>): readonly Fact[] {
  return [
    ['Amount', <Money key="amount" amount={order.amount} currency={order.currency} />],
    ['Status', <OrderStatusDot key="status" status={order.status} />],
    [
      'Country',
      <span key="country">
        {countryName(order.country)} <Country code={order.country} />
      </span>,
    ],
    [
      'Customer',
      <span key="customer" className="mono">
        {order.customer_id}
      </span>,
    ],
    ['Created', <Instant key="created" at={order.created_at} />],
    ['Received', <Instant key="received" at={order.logged_at} />],
  ]
}
