import { Type, type Static } from 'typebox'
import { reconciliationState } from './contract/reconciliation.ts'
import { partitionOwner, groupState } from './contract/groups.ts'
import { letterFilter, letterIssue, letterState } from './contract/redrive.ts'
import {
  closed,
  count,
  country,
  currency,
  name,
  nullable,
  oneOf,
  orderId,
  orderStatus,
  page,
  paging,
  paymentOutcome,
  position,
  sums,
  time,
} from './contract/schema.ts'

/**
 * Every schema of the HTTP API, with its static type: validation, OpenAPI and the page's types come from here and from
 * contract/. snake_case; amounts are decimal numbers, exact in the JSON text; times are ISO 8601 in UTC.
 */

const role = oneOf('viewer', 'operator')
const tally = closed({ order_count: Type.Integer(), sales: sums })
const asOf = Type.Record(Type.String(), Type.Record(Type.String({ pattern: '^\\d+$' }), count), {
  description: 'topic -> partition -> next offset: the answer is true for exactly the records below',
})

export const problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.String(),
    errors: Type.Optional(Type.Array(closed({ pointer: Type.String(), message: Type.String() }))),
    error: Type.Optional(Type.String({ description: 'The same as `detail`, of GET /api/analytics alone' })),
    accepted: Type.Optional(count),
    orders: Type.Optional(
      Type.Array(Type.Unknown(), { description: 'When waiting failed: the orders that are accepted all the same' }),
    ),
  },
  { additionalProperties: false, description: 'RFC 9457' },
)
export type Problem = Static<typeof problem>

export const status = closed({ status: Type.Literal('ok') })
export const readiness = closed({
  status: oneOf('ok', 'failed'),
  checks: Type.Array(
    closed({
      name: Type.String(),
      status: oneOf('ok', 'failed'),
      detail: Type.Optional(
        Type.String({ description: 'For callers with a role only, by a name that the server has' }),
      ),
    }),
  ),
})

export const analytics = closed({
  status: Type.Literal('ok'),
  orders: Type.Array(Type.Record(Type.String(), Type.Object({}, { additionalProperties: true })), { maxItems: 10 }),
})

const paymentTotals = closed({
  paid: count,
  declined: count,
  skipped: count,
  held: count,
  duplicates: count,
  status_changes: count,
  dead_letters: count,
  tombstones: count,
  paid_cancelled: count,
  paid_flagged: count,
  cancelled_after_paid: count,
  paid_sums: sums,
})
export const totals = closed({
  order_count: count,
  total_sales: Type.Number({ description: 'Sales in the base currency' }),
  base_currency: currency,
  by_country: Type.Record(Type.String(), tally),
  by_status: Type.Record(Type.String(), tally),
  by_currency: Type.Record(Type.String(), tally),
  duplicates: count,
  status_changes: count,
  dead_letters: Type.Integer({ minimum: 0, description: 'Records that analytics refused' }),
  tombstones: count,
  payments: paymentTotals,
  alerts: count,
  dead_letters_listed: Type.Integer({
    minimum: 0,
    description: 'Dead letters of all groups, as GET /api/v1/dead-letters',
  }),
  dead_letters_open: Type.Integer({ minimum: 0, description: 'Those of them that were not redriven' }),
  as_of: asOf,
  payments_as_of: asOf,
})
export type Totals = Static<typeof totals>

export const seriesPointsMax = 1440
export const seriesQuery = closed({
  from: Type.Optional(time),
  to: Type.Optional(time),
  step: Type.Optional(
    Type.Integer({ minimum: 60, maximum: 3_600, multipleOf: 60, default: 60, description: 'Seconds' }),
  ),
})
const seriesPoint = closed({ start: time, order_count: count, sales: sums })
export const series = closed({ from: time, to: time, step: count, points: Type.Array(seriesPoint) })
export type Series = Static<typeof series>

export const orderSummary = closed({
  order_id: orderId,
  customer_id: Type.Integer(),
  amount: Type.Number(),
  currency,
  country,
  status: orderStatus,
  created_at: time,
  logged_at: time,
})
export type OrderSummary = Static<typeof orderSummary>

export const documentsBytesMax = 1024 * 1024
const document = nullable(Type.Object({}, { additionalProperties: true, description: 'The order as received' }))
export const orderItem = closed({
  ...orderSummary.properties,
  document: Type.Union(document.anyOf, {
    description: 'The order as received; null in a list where the documents before it make 1 MiB: ask for the order',
  }),
})
export type OrderItem = Static<typeof orderItem>

export const pageQuery = closed(paging)
export type PageQuery = Static<typeof pageQuery>
export const ordersQuery = closed({
  country: Type.Optional(country),
  status: Type.Optional(orderStatus),
  currency: Type.Optional(currency),
  customer_id: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  amount_min: Type.Optional(Type.Number({ minimum: 0, description: 'In `currency`, or else in the base currency' })),
  amount_max: Type.Optional(Type.Number({ minimum: 0, description: 'In `currency`, or else in the base currency' })),
  created_from: Type.Optional(time),
  created_to: Type.Optional(time),
  sort: Type.Optional(oneOf('newest', 'oldest', 'amount_desc', 'amount_asc', 'order_id_desc', 'order_id_asc')),
  ...paging,
})
export type OrdersQuery = Static<typeof ordersQuery>
export const orderPage = page(orderItem)

export const paymentsQuery = closed({ outcome: Type.Optional(paymentOutcome), ...paging })
export const payment = closed({
  order_id: orderId,
  outcome: paymentOutcome,
  customer_id: Type.Integer(),
  amount: Type.Number(),
  currency,
  country,
  created_at: time,
  logged_at: time,
  settled_at: nullable(time),
  position,
  attempts: Type.Array(closed({ at: time, result: Type.String({ description: 'Why it failed' }) }), {
    description: 'Calls of the gateway that failed and were repeated; the newest 10',
  }),
  entries: Type.Array(
    closed({
      ...position.properties,
      status: orderStatus,
      effect: oneOf('charge', 'SKIPPED', 'HELD', 'noted', 'cancelled-after-paid', 'rejected'),
      at: time,
      operator: Type.Optional(
        closed({ decision: oneOf('release', 'reject', 'retry'), by: Type.String() }, 'Whose command the record is'),
      ),
      declined_at: Type.Optional(Type.String({ format: 'date-time', description: 'Of a charge that was retried' })),
    }),
  ),
})
export type Payment = Static<typeof payment>
export const paymentPage = page(payment)

export const alert = closed({
  order_id: orderId,
  reason: Type.String(),
  amount: Type.Number(),
  currency,
  country,
  logged_at: time,
})
export type Alert = Static<typeof alert>
export const alertPage = page(alert)

export const deadLettersQuery = closed({ ...letterFilter, state: Type.Optional(letterState), ...paging })
export type DeadLettersQuery = Static<typeof deadLettersQuery>
export const deadLetter = closed({
  id: Type.String(),
  group: Type.String(),
  topic: Type.String(),
  partition: count,
  offset: count,
  letter: closed({ topic: Type.String(), partition: count, offset: count }),
  code: Type.String(),
  message: Type.String(),
  stage: Type.String(),
  delivery_count: count,
  first_failed_at: time,
  logged_at: time,
  order_id: nullable(Type.Integer()),
  redrive_count: Type.Integer({
    minimum: 0,
    description: 'How often this record was redriven before it was refused here',
  }),
  quarantined: Type.Boolean({ description: 'It came back too often: it is redriven only when that is asked for' }),
  redriven: nullable(closed({ at: time, job: Type.String(), topic: Type.String(), partition: count, offset: count })),
})
export type DeadLetter = Static<typeof deadLetter>
export const deadLetterPage = page(deadLetter)

export const bytes = closed(
  {
    text: nullable(Type.String({ description: 'null when the bytes are not UTF-8' })),
    base64: Type.String(),
    bytes: Type.Integer({ minimum: 0, description: 'Full length; more than 1 MiB is cut off' }),
    truncated: Type.Boolean(),
  },
  'Bytes as they are in the log',
)
export type Bytes = Static<typeof bytes>
export const deadLetterParams = closed({ id: Type.String({ minLength: 1, maxLength: 1024 }) })
export const deadLetterDetail = closed({
  ...deadLetter.properties,
  issues: Type.Array(letterIssue, { description: 'Where in the value the reason points to' }),
  record: nullable(
    closed(
      {
        key: nullable(bytes),
        value: nullable(bytes),
        headers: Type.Array(closed({ name: Type.String(), value: bytes })),
      },
      'The letter as it is in the log; null when the log has it no more',
    ),
  ),
})
export type DeadLetterDetail = Static<typeof deadLetterDetail>

const orderStory = closed({
  order: nullable(orderItem),
  entries: Type.Array(closed({ ...position.properties, status: orderStatus })),
  payment: nullable(payment),
  alerts: Type.Array(alert),
  dead_letters: Type.Array(deadLetter),
})
export type OrderStory = Static<typeof orderStory>
export const orderParams = closed({ order_id: orderId })
export const orderDetail = closed({
  order_id: orderId,
  ...orderStory.properties,
  other_identities: Type.Array(orderStory, { description: 'Where ids are used again: older orders with this id' }),
})
export type OrderDetail = Static<typeof orderDetail>

export const ordersPostMax = 1000
/** Documents the codec's rules; the codec alone checks them. */
const newOrder = Type.Object(
  {
    order_id: Type.Optional(orderId),
    customer_id: Type.Integer({ minimum: 0 }),
    amount: Type.Number({ exclusiveMinimum: 0 }),
    currency,
    country,
    status: Type.Optional(orderStatus),
    created_at: Type.Optional(time),
    source: Type.Optional(Type.String()),
  },
  {
    additionalProperties: true,
    description:
      'Other members are kept. Without `order_id` the server gives one, and `created_at` (now) and `status` (CREATED) may be left out too',
  },
)
export const postOrdersBody = Type.Union([
  newOrder,
  closed({ orders: Type.Array(newOrder, { minItems: 1, maxItems: ordersPostMax }) }),
])
export const postOrdersQuery = closed({
  wait: Type.Optional(Type.Literal('analytics')),
  wait_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 30_000, default: 10_000 })),
})
export const keyedHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: '^[!-~]+$' })),
})
export const acceptedOrder = closed({
  order_id: orderId,
  topic: Type.String(),
  partition: count,
  offset: count,
  counted: Type.Optional(
    Type.Boolean({ description: 'With wait=analytics: the totals include it; false when analytics refused it' }),
  ),
  code: Type.Optional(Type.String({ description: 'Why it was refused, as its dead letter says' })),
})
export type AcceptedOrder = Static<typeof acceptedOrder>
export const acceptedOrders = closed({
  accepted: count,
  orders: Type.Array(acceptedOrder),
  counted: Type.Optional(Type.Boolean({ description: 'With wait=analytics: the totals include all of them' })),
})
export type AcceptedOrders = Static<typeof acceptedOrders>

export const topic = closed({
  name: Type.String(),
  id: Type.String(),
  partitions: Type.Array(closed({ partition: count, begin: count, end: count })),
  records: Type.Integer({ minimum: 0, description: 'At most: the sum of end - begin' }),
})
export type Topic = Static<typeof topic>
export const topicList = closed({ items: Type.Array(topic) })
export type TopicList = Static<typeof topicList>

export const topicParams = closed({ topic: name })
export const recordsQuery = closed({
  partition: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, default: 0 })),
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0, description: 'The first one wanted' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
})
const topicRecord = closed({
  partition: count,
  offset: count,
  logged_at: time,
  key: nullable(bytes),
  value: nullable(bytes),
  headers: Type.Array(closed({ name: Type.String(), value: bytes })),
})
export type TopicRecord = Static<typeof topicRecord>
export const recordPage = closed({
  items: Type.Array(topicRecord, { maxItems: 1000 }),
  next_offset: Type.Integer({ minimum: 0, description: 'Where to go on' }),
  blocked: Type.Boolean({
    description: 'More may follow before long: what is behind belongs to transactions that have not ended',
  }),
})

const lag = { lag_records: count, lag_seconds: Type.Number({ minimum: 0 }) }
export const group = closed({
  group: Type.String(),
  partitions: Type.Array(
    closed({
      topic: Type.String(),
      partition: count,
      committed: nullable(count),
      begin: count,
      end: count,
      ...lag,
      ...partitionOwner,
    }),
  ),
  ...groupState,
  ...lag,
})
export type Group = Static<typeof group>
export const groupList = closed({ items: Type.Array(group), ...lag })
export type GroupList = Static<typeof groupList>

export const system = closed({
  mode: oneOf('embedded', 'distributed'),
  version: Type.String(),
  started_at: time,
  now: time,
  data: Type.String({ description: 'The data directory, or the name of the cluster' }),
  gateway: Type.String(),
  payment_policy: oneOf('all', 'billable'),
  base_currency: currency,
  input_topic: Type.String(),
  services: Type.Array(
    closed({
      name: Type.String(),
      state: oneOf('starting', 'running', 'paused', 'paused_by_operator', 'stopped', 'failed'),
      detail: Type.String(),
    }),
  ),
})
export type System = Static<typeof system>

export const sessionBody = closed({ token: Type.String({ minLength: 1, maxLength: 1024 }) })
export const session = closed({
  role: nullable(role),
  tokens_required: Type.Boolean({ description: 'False: only loopback is listened on, and it acts as operator' }),
})
export type Session = Static<typeof session>

export const streamHeaders = Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 100 })) })
const pipeline = closed({
  groups: Type.Array(closed({ group: Type.String(), ...lag, records_per_second: Type.Number({ minimum: 0 }) })),
  topics: Type.Array(closed({ topic: Type.String(), records: count, records_per_second: Type.Number({ minimum: 0 }) })),
  orders_per_second: Type.Number({ minimum: 0, description: 'Counted by analytics, over the last 5 seconds' }),
  problem: nullable(Type.String({ description: 'Why nothing is known: the log does not answer' })),
})
export type Pipeline = Static<typeof pipeline>
export const snapshot = closed(
  {
    at: time,
    totals,
    newest_orders: Type.Array(orderSummary, { maxItems: 10 }),
    newest_alerts: Type.Array(alert, { maxItems: 10 }),
    pipeline,
    reconciliation: reconciliationState,
  },
  'Data of the stream event `snapshot`. The event `problem` carries a problem document: the store or log is away',
)
export type Snapshot = Static<typeof snapshot>

export type Role = Static<typeof role>
export type OrderStatus = Static<typeof orderStatus>
export type PaymentOutcome = Static<typeof paymentOutcome>
