import { Type, type Static } from 'typebox'
import { closed, oneOf, orderId, paymentOutcome, place, time } from './schema.ts'

export const paymentActionParams = closed({ order_id: orderId, action: oneOf('release', 'reject', 'retry') })
export const paymentActionBody = closed({
  reason: Type.Optional(Type.String({ maxLength: 500, description: 'For the audit log' })),
  created_at: Type.Optional(Type.String({ format: 'date-time', description: 'Which order, where ids are used again' })),
})
/** The command is durable; payment takes it up as the next record of its retry topic. */
export const paymentAction = closed({
  order_id: orderId,
  action: oneOf('release', 'reject', 'retry'),
  from: paymentOutcome,
  record: place,
  at: time,
})
export type PaymentAction = Static<typeof paymentAction>
