import { Type, type Static } from 'typebox'
import { closed, count, nullable, oneOf, page, paging, time } from './schema.ts'

/**
 * Something long that an operator asked for. It goes on after a crash where it was, on whatever process runs operations.
 * redrive: letters to their groups' retry topics. check: services run again into nothing, and compared with the store.
 * rebuild: the store's read model made again from the log beside the live one, and switched to.
 */
const jobKind = oneOf('redrive', 'check', 'rebuild')
const jobState = oneOf('waiting', 'running', 'done', 'failed', 'cancelled')
export const job = closed({
  id: Type.String(),
  kind: jobKind,
  title: Type.String({ description: 'What it does, in words and numbers' }),
  state: jobState,
  requested_by: Type.String(),
  requested_at: time,
  updated_at: time,
  done: count,
  total: nullable(Type.Integer({ minimum: 0, description: 'Null while it is not known' })),
  unit: Type.String({ description: 'Of done and total: letters, records' }),
  rate_per_second: Type.Number({ minimum: 0 }),
  seconds_left: nullable(Type.Number({ minimum: 0 })),
  detail: Type.String({ description: 'What came of it, or why it failed' }),
  differences: Type.Optional(count),
})
export type Job = Static<typeof job>
export const jobPage = page(job)
export const jobsQuery = closed(paging)
export const jobParams = closed({ id: Type.String({ minLength: 1, maxLength: 100 }) })

const range = {
  from_offset: Type.Optional(count),
  to_offset: Type.Optional(count),
  from: Type.Optional(time),
  to: Type.Optional(time),
}
/** A check without a range compares everything from the log's beginning. */
export const postJobBody = Type.Union([
  closed({ kind: Type.Literal('check'), service: Type.Optional(oneOf('fraud', 'payment', 'analytics')), ...range }),
  closed({ kind: Type.Literal('rebuild') }),
])
export type PostJob = Static<typeof postJobBody>

/** What a check found: one difference, named. */
export const difference = closed({
  order_id: nullable(Type.Integer()),
  what: oneOf('missing', 'unexpected', 'different', 'total'),
  where: Type.String({ description: 'order, document, payment, alert, totals, …' }),
  expected: Type.String({ description: 'As the log says' }),
  found: Type.String({ description: 'As the store says' }),
})
export type Difference = Static<typeof difference>
export const differencePage = page(difference)
