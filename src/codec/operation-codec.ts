import { Type, type Static, type TProperties } from 'typebox'
import { Check } from 'typebox/value'
import { OrdermillError } from '../errors.ts'
import type { LogRecord, NewRecord } from '../ports/log.ts'
import { bytesOf, textOf } from './bytes.ts'
import { parseJsonObject } from './json.ts'

/** What operators asked for and what came of it: the audit log, the queue of jobs, and which groups are paused. One partition. */
export const operationsTopic = 'ordermill-operations'

const member = <Properties extends TProperties>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false })
const whole = Type.Integer({ minimum: 0 })
const text = Type.String()
/** Who asked: `loopback`, or the beginning of the token's hash. */
const who = { id: text, at_ms: whole, principal: text }

const letterFilter = member({
  group: Type.Optional(text),
  code: Type.Optional(text),
  from_ms: Type.Optional(whole),
  to_ms: Type.Optional(whole),
  order_id: Type.Optional(whole),
})
export type LetterFilter = Static<typeof letterFilter>

const redriveSpec = member({
  kind: Type.Literal('redrive'),
  /** Either these letters, or all open ones that match. */
  ids: Type.Optional(Type.Array(text)),
  filter: Type.Optional(letterFilter),
  limit: whole,
  quarantined: Type.Boolean(),
  /** base64; instead of the one letter's own bytes. */
  edit: Type.Optional(
    member({
      key: Type.Optional(Type.Union([text, Type.Null()])),
      value: text,
      headers: Type.Optional(Type.Array(member({ name: text, value: text }))),
    }),
  ),
})
const checkSpec = member({
  kind: Type.Literal('check'),
  service: Type.Optional(Type.Enum(['fraud', 'payment', 'analytics'])),
  from_offset: Type.Optional(whole),
  to_offset: Type.Optional(whole),
  from_ms: Type.Optional(whole),
  to_ms: Type.Optional(whole),
})
const rebuildSpec = member({ kind: Type.Literal('rebuild') })
export type RedriveSpec = Static<typeof redriveSpec>
export type CheckSpec = Static<typeof checkSpec>
export type RebuildSpec = Static<typeof rebuildSpec>
export type JobSpec = RedriveSpec | CheckSpec | RebuildSpec

const progress = member({
  done: whole,
  total: Type.Union([whole, Type.Null()]),
  unit: text,
  detail: text,
  differences: Type.Optional(whole),
})
export type JobProgress = Static<typeof progress>

/** What a check found. `expected` is as the log says, `found` as the store says. */
const difference = member({
  order_id: Type.Union([whole, Type.Null()]),
  what: Type.Enum(['missing', 'unexpected', 'different', 'total']),
  where: text,
  expected: text,
  found: text,
})
export type Difference = Static<typeof difference>

/** Differences that the end of a check names; the count is exact all the same. */
export const differencesNamedMax = 1_000

const operation = Type.Union([
  /** A change that is made at once. `group`: whom a pause or a resume is about. */
  member({
    kind: Type.Literal('action'),
    ...who,
    action: Type.Enum(['pause', 'resume', 'seek', 'release', 'reject', 'retry']),
    target: text,
    from: text,
    to: text,
    group: Type.Optional(text),
    /** In the words of whoever did it. */
    reason: Type.Optional(text),
    /** Digest of the request, where that came with an Idempotency-Key: `id` is the key's then. */
    request: Type.Optional(text),
  }),
  member({ kind: Type.Literal('job'), ...who, title: text, spec: Type.Union([redriveSpec, checkSpec, rebuildSpec]) }),
  /** So much of a job is done; `cursor` is where it goes on, in words of its own. */
  member({ kind: Type.Literal('step'), id: text, at_ms: whole, progress, cursor: text }),
  member({
    kind: Type.Literal('end'),
    id: text,
    at_ms: whole,
    outcome: Type.Enum(['done', 'failed', 'cancelled']),
    progress,
    differences: Type.Optional(Type.Array(difference, { maxItems: differencesNamedMax })),
  }),
  /** `id` is the job's. */
  member({ kind: Type.Literal('cancel'), ...who }),
])
export type Operation = Static<typeof operation>
export type OperationOf<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>

export function encodeOperation(given: Operation): NewRecord {
  return { topic: operationsTopic, key: bytesOf(given.id), value: bytesOf(JSON.stringify(given)) }
}

/** @throws {OrdermillError} RECORD_INVALID for what no operation of this version is */
export function decodeOperation({
  value,
  partition,
  offset,
}: Pick<LogRecord, 'value' | 'partition' | 'offset'>): Operation {
  const decoded = parseJsonObject(textOf(value ?? new Uint8Array()))
  if (Check(operation, decoded)) return decoded
  throw new OrdermillError(
    'RECORD_INVALID',
    `${operationsTopic}-${partition}@${offset} is no operation of this version`,
  )
}
