import { Type, type Static } from 'typebox'
import { closed, nullable, oneOf, orderId, place, time } from './schema.ts'

/**
 * One thing that happened to an order. `at` is log time where a record says it, else the time that the store kept; null where
 * neither is known any more, and for `fraud-cleared`, which leaves no record. `record` is where it is in the log.
 */
export const journeyEvent = closed({
  kind: oneOf(
    'received',
    'status-changed',
    'fraud-cleared',
    'fraud-flagged',
    'payment-decided',
    'payment-attempted',
    'payment-settled',
    'operator-decided',
    'counted',
    'refused',
    'redriven',
  ),
  at: nullable(time),
  record: nullable(place),
  group: nullable(Type.String({ description: 'The consumer group that did it' })),
  title: Type.String({ description: 'In a few words' }),
  detail: Type.String({ description: 'The rule’s reason, the gateway’s answer, why it was refused; may be empty' }),
  state: oneOf('good', 'warning', 'bad', 'neutral'),
  latency_ms: nullable(
    Type.Number({ description: 'Since the record of the order that led to it was written to the log' }),
  ),
  dead_letter_id: nullable(Type.String()),
})
export type JourneyEvent = Static<typeof journeyEvent>

/** Where each group is with an order that it has not handled yet. */
const journeyPending = closed({
  group: Type.String(),
  record: place,
  lag_records: Type.Integer({ minimum: 0, description: 'Records before it that the group has still to read, at most' }),
})

export const journey = closed({
  order_id: orderId,
  events: Type.Array(journeyEvent, { description: 'In the order of their times' }),
  pending: Type.Array(journeyPending),
  duration_ms: nullable(
    Type.Number({ minimum: 0, description: 'From the first record to the last thing that happened' }),
  ),
  truncated: Type.Boolean({ description: 'Some outputs were not found within the bound of the search' }),
  identities: Type.Integer({ minimum: 1, description: 'Orders with this id; the newest is told' }),
})
export type Journey = Static<typeof journey>
