import { Link } from 'wouter'
import type { Alert, DeadLetter, OrderSummary, Payment } from '../../../src/api/contract.ts'
import { LetterState } from '../components/letter-state.tsx'
import { PaymentActions } from '../components/payment-actions.tsx'
import { OrderStatusDot, OutcomeDot } from '../components/status.tsx'
import type { Column } from '../components/table-column.ts'
import { Country, Money, Time } from '../components/values.tsx'
import { reasonText } from '../labels.ts'

type OfOrder = Readonly<{ order_id: number }>
type Priced = Readonly<{ amount: number; currency: string }>

export function orderKey({ order_id }: OfOrder): string {
  return String(order_id)
}

export function orderHref({ order_id }: OfOrder): string {
  return `/orders/${order_id}`
}

export function alertKey({ order_id, reason, logged_at }: Alert): string {
  return `${order_id}/${reason}/${logged_at}`
}

const orderId: Column<OfOrder> = {
  id: 'order_id',
  head: 'Order',
  width: 120,
  phoneWidth: 'auto',
  cell: ({ order_id }) => <span className="mono">{order_id}</span>,
  copies: ({ order_id }) => String(order_id),
}
const amount: Column<Priced> = {
  id: 'amount',
  head: 'Amount',
  align: 'end',
  width: 148,
  phoneWidth: 128,
  cell: (row) => <Money amount={row.amount} currency={row.currency} />,
}
const country: Column<Readonly<{ country: string }>> = {
  id: 'country',
  head: 'Country',
  width: 84,
  from: 'tablet',
  cell: (row) => <Country code={row.country} />,
}
const customer: Column<Readonly<{ customer_id: number }>> = {
  id: 'customer',
  head: 'Customer',
  width: 110,
  align: 'end',
  from: 'desktop',
  cell: ({ customer_id }) => <span className="mono">{customer_id}</span>,
}
const created: Column<Readonly<{ created_at: string }>> = {
  id: 'created',
  head: 'Created',
  width: 110,
  align: 'end',
  from: 'wide',
  cell: ({ created_at }) => <Time at={created_at} />,
}
const received: Column<Readonly<{ logged_at: string }>> = {
  id: 'received',
  head: 'Received',
  width: 110,
  align: 'end',
  from: 'tablet',
  cell: ({ logged_at }) => <Time at={logged_at} />,
}
const orderStatus: Column<OrderSummary> = {
  id: 'status',
  head: 'Status',
  width: 118,
  phoneWidth: 100,
  cell: ({ status }) => <OrderStatusDot status={status} />,
}
const reason: Column<Alert> = {
  id: 'reason',
  head: 'Reason',
  width: 260,
  from: 'desktop',
  cell: (row) => <span className="truncate">{reasonText(row.reason)}</span>,
}

export const orderColumns: readonly Column<OrderSummary>[] = [
  { ...orderId, sortable: true },
  orderStatus,
  country,
  customer,
  created,
  { ...received, sortable: true },
  { ...amount, sortable: true },
]

/** For the overview, where two lists share the width. */
const { from: _, ...receivedAlways } = { ...received, width: 96 }
export const newestOrderColumns: readonly Column<OrderSummary>[] = [
  orderId,
  { ...orderStatus, from: 'tablet' },
  receivedAlways,
  amount,
]
export const newestAlertColumns: readonly Column<Alert>[] = [orderId, country, receivedAlways, amount]

export const alertColumns: readonly Column<Alert>[] = [orderId, reason, country, received, amount]

export const paymentColumns: readonly Column<Payment>[] = [
  orderId,
  {
    id: 'outcome',
    head: 'Outcome',
    width: 118,
    phoneWidth: 100,
    cell: ({ outcome }) => <OutcomeDot outcome={outcome} />,
  },
  country,
  customer,
  {
    id: 'settled',
    head: 'Settled',
    width: 110,
    align: 'end',
    from: 'wide',
    cell: ({ settled_at }) => (settled_at === null ? <span className="muted">not yet</span> : <Time at={settled_at} />),
  },
  received,
  amount,
  {
    id: 'actions',
    head: 'Decide',
    width: 172,
    align: 'end',
    from: 'tablet',
    cell: (payment) => <PaymentActions payment={payment} small />,
  },
]

export const deadLetterColumns: readonly Column<DeadLetter>[] = [
  {
    id: 'record',
    head: 'Refused record',
    width: 180,
    phoneWidth: 148,
    cell: ({ topic, partition, offset }) => (
      <span className="mono">
        {topic}-{partition}@{offset}
      </span>
    ),
  },
  {
    id: 'code',
    head: 'Code',
    width: 172,
    phoneWidth: 'auto',
    cell: ({ code }) => <span className="mono truncate">{code}</span>,
  },
  {
    id: 'message',
    head: 'Why',
    from: 'desktop',
    cell: ({ message }) => (
      <span className="truncate" title={message}>
        {message}
      </span>
    ),
  },
  {
    id: 'group',
    head: 'Group',
    width: 140,
    from: 'desktop',
    cell: ({ group }) => <span className="truncate">{group}</span>,
  },
  {
    id: 'order',
    head: 'Order',
    width: 110,
    align: 'end',
    from: 'wide',
    cell: ({ order_id }) =>
      order_id === null ? (
        <span className="muted">unknown</span>
      ) : (
        <Link className="mono" href={`/orders/${order_id}`}>
          {order_id}
        </Link>
      ),
  },
  {
    id: 'state',
    head: 'State',
    width: 122,
    from: 'tablet',
    cell: (letter) => <LetterState letter={letter} />,
  },
  { ...received, width: 96 },
]
