import { Type, type Static } from 'typebox'
import { closed, count, name, nullable, oneOf, orderId, time } from './schema.ts'

const redriveIdsMax = 1000
/** Letters that a preview judges one by one. */
export const previewLettersMax = 1000

/** Letters that are open and match all conditions. */
export const letterFilter = {
  group: Type.Optional(name),
  code: Type.Optional(name),
  from: Type.Optional(time),
  to: Type.Optional(time),
  order_id: Type.Optional(orderId),
}
const edit = closed(
  {
    key: Type.Optional(nullable(Type.String({ description: 'base64' }))),
    value: Type.String({ description: 'base64' }),
    headers: Type.Optional(Type.Array(closed({ name: Type.String(), value: Type.String({ description: 'base64' }) }))),
  },
  'Instead of the letter’s own bytes, which stay as they are; with one id only',
)
export const redriveBody = closed({
  ids: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), { minItems: 1, maxItems: redriveIdsMax }),
  ),
  filter: Type.Optional(closed(letterFilter, 'Instead of ids; an empty one means all')),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000_000, description: 'At most so many letters, the oldest' }),
  ),
  quarantined: Type.Optional(Type.Boolean({ description: 'Also those that came back too often', default: false })),
  edit: Type.Optional(edit),
})
export type RedriveBody = Static<typeof redriveBody>

/** What redriving would do now, judged on the newest state without changing anything. */
export const redrivePreview = closed({
  matching: Type.Integer({ minimum: 0, description: 'Letters that were judged' }),
  more: Type.Boolean({ description: 'There are more than were judged: the rest is not in these counts' }),
  quarantined: Type.Integer({ minimum: 0, description: 'Of them left out: they came back too often' }),
  redriven: Type.Integer({ minimum: 0, description: 'Of them left out: they were redriven before' }),
  not_redrivable: Type.Integer({ minimum: 0, description: 'Of them left out: their letter says why' }),
  groups: Type.Array(
    closed({ group: Type.String(), topic: Type.String(), letters: count, outcomes: Type.Record(Type.String(), count) }),
  ),
  letters: Type.Array(
    closed({
      id: Type.String(),
      group: Type.String(),
      outcome: Type.String({ description: 'refused again, counted, charged, alert, duplicate, …' }),
      detail: Type.String(),
    }),
    { maxItems: previewLettersMax },
  ),
})
export type RedrivePreview = Static<typeof redrivePreview>

/** Where in the value the reason points to. */
export const letterIssue = closed({ pointer: Type.String(), message: Type.String() })
export type LetterIssue = Static<typeof letterIssue>
export const letterState = oneOf('open', 'redriven')
