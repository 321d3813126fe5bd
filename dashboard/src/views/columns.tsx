import { Link } from 'wouter'
import type { Alert, DeadLetter, OrderSummary, Payment } from '../../../src/api/contract.ts'
import { LetterState } from '../components/letter-state.tsx'
import { PaymentActions } from '../components/payment-actions.tsx'
import { OrderStatusDot, OutcomeDot } from '../components/status.tsx'
import type { Column } from '../components/table-column.ts'
import { Country, MiddleCut, Money, Time } from '../components/values.tsx'
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
  narrowWidth: 'auto',
  minWidth: 88,
  cell: ({ order_id }) => <span className="mono">{order_id}</span>,
  copies: ({ order_id }) => String(order_id),
}
const amount: Column<Priced> = {
  id: 'amount',
  head: 'Amount',
  align: 'end',
  width: 148,
  narrowWidth: 128,
  cell: (row) => <Money amount={row.amount} currency={row.currency} />,
}
const country: Column<Readonly<{ country: string }>> = {
  id: 'country',
  head: 'Country',
  width: 84,
  leaves: 4,
  cell: (row) => <Country code={row.country} />,
}
const customer: Column<Readonly<{ customer_id: number }>> = {
  id: 'customer',
  head: 'Customer',
  width: 110,
  align: 'end',
  leaves: 2,
  cell: ({ customer_id }) => <span className="mono">{customer_id}</span>,
}
const created: Column<Readonly<{ created_at: string }>> = {
  id: 'created',
  head: 'Created',
  width: 110,
  align: 'end',
  leaves: 1,
  cell: ({ created_at }) => <Time at={created_at} />,
}
const received: Column<Readonly<{ logged_at: string }>> = {
  id: 'received',
  head: 'Received',
  width: 110,
  align: 'end',
  leaves: 5,
  cell: ({ logged_at }) => <Time at={logged_at} />,
}
const orderStatus: Column<OrderSummary> = {
  id: 'status',
  head: 'Status',
  width: 118,
  narrowWidth: 108,
  cell: ({ status }) => <OrderStatusDot status={status} />,
}
const reason: Column<Alert> = {
  id: 'reason',
  head: 'Reason',
  width: 260,
  leaves: 3,
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
const { leaves: _, ...receivedAlways } = { ...received, narrowWidth: 96 }
export const newestOrderColumns: readonly Column<OrderSummary>[] = [
  orderId,
  { ...orderStatus, leaves: 1 },
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
    narrowWidth: 108,
    cell: ({ outcome }) => <OutcomeDot outcome={outcome} />,
  },
  country,
  customer,
  {
    id: 'settled',
    head: 'Settled',
    width: 110,
    align: 'end',
    leaves: 1,
    cell: ({ settled_at }) => (settled_at === null ? <span className="muted">not yet</span> : <Time at={settled_at} />),
  },
  received,
  amount,
  {
    id: 'actions',
    head: 'Decide',
    width: 172,
    align: 'end',
    leaves: 6,
    cell: (payment) => <PaymentActions payment={payment} small />,
  },
]

export const deadLetterColumns: readonly Column<DeadLetter>[] = [
  {
    id: 'record',
    head: 'Refused record',
    width: 220,
    narrowWidth: 'auto',
    minWidth: 124,
    cell: ({ topic, partition, offset }) => <MiddleCut text={`${topic}-${partition}@${offset}`} />,
  },
  {
    id: 'code',
    head: 'Code',
    width: 172,
    narrowWidth: 158,
    cell: ({ code }) => <span className="mono truncate">{code}</span>,
  },
  {
    id: 'message',
    head: 'Why',
    minWidth: 160,
    leaves: 4,
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
    leaves: 2,
    cell: ({ group }) => <span className="truncate">{group}</span>,
  },
  {
    id: 'order',
    head: 'Order',
    width: 110,
    align: 'end',
    leaves: 1,
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
    width: 158,
    leaves: 3,
    cell: (letter) => <LetterState letter={letter} />,
  },
  received,
]
