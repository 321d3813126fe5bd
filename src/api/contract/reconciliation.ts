import { Type, type Static } from 'typebox'
import { closed, count, nullable, oneOf, time } from './schema.ts'

/** In every snapshot of the stream. */
export const reconciliationState = closed({
  state: oneOf('good', 'in-flight', 'bad'),
  summary: Type.String({ description: 'In words' }),
  in_flight: count,
})
export type ReconciliationState = Static<typeof reconciliationState>

const term = closed({ name: Type.String(), records: count })
/** One group on one partition: what became of the records below its `next`, and whether that is all of them. */
const equation = closed({
  group: Type.String(),
  topic: Type.String(),
  topic_id: Type.String({ description: 'Another one where the topic was made again' }),
  partition: count,
  next: count,
  records: nullable(
    Type.Integer({ minimum: 0, description: 'In the log below next; null where offsets have gaps, as on Kafka' }),
  ),
  terms: Type.Array(term),
  difference: nullable(Type.Integer({ description: 'records minus the sum of the terms; null where records is' })),
  in_flight: Type.Integer({ minimum: 0, description: 'Records from next to the end, at most' }),
})
const reconciliationCheck = closed({
  name: Type.String(),
  state: oneOf('good', 'in-flight', 'bad'),
  expected: Type.String(),
  found: Type.String(),
  detail: Type.String(),
})
export const reconciliation = closed({
  state: Type.Enum(['good', 'in-flight', 'bad'], {
    description:
      'good: all accounted for. in-flight: groups are apart, nothing is wrong. bad: something does not add up',
  }),
  at: time,
  summary: Type.String({ description: 'In words' }),
  order_count: count,
  in_flight: Type.Integer({
    minimum: 0,
    description: 'Records that a group has still to read, the greatest of all groups',
  }),
  equations: Type.Array(equation),
  checks: Type.Array(reconciliationCheck),
  paid_cancelled: count,
  paid_flagged: count,
  cancelled_after_paid: count,
  last_full: nullable(
    closed({ job: Type.String(), at: time, records: count, differences: count }, 'The last check of everything'),
  ),
})
export type Reconciliation = Static<typeof reconciliation>
