import { contentBytes, deadLetterTopic, redriveBytesMax, retryTopic } from '../codec/dead-letter-codec.ts'
import { headerText } from '../codec/bytes.ts'
import { orderGroups } from '../codec/groups.ts'
import type { RedriveSpec } from '../codec/operation-codec.ts'
import type { RedriveContent } from '../codec/redrive-codec.ts'
import type { LogRecord } from '../ports/log.ts'
import type { StoredDeadLetter } from '../ports/order-queries.ts'
import type { Selected } from './select-letters.ts'

/** What decides whether a letter is redriven, and where to. */
export type RedriveRules = Readonly<{
  /** Where orders come in. */
  topic: string
  /** A letter that was redriven so often is quarantined. */
  redrivesMax: number
}>

export type Redrivable = Readonly<{ kind: 'redrivable'; letter: StoredDeadLetter; topic: string }>
export type NotRedrivable = Readonly<{ kind: 'not-redrivable'; reason: string }>
export type Standing = Redrivable | NotRedrivable | Readonly<{ kind: 'quarantined' | 'redriven' }>

/** Whether a letter is redriven, as far as its view tells, and to which topic. */
export function standingOf(
  { letter }: Pick<Selected, 'letter'>,
  { quarantined }: Pick<RedriveSpec, 'quarantined'>,
  { topic, redrivesMax }: RedriveRules,
): Standing {
  if (!letter) return { kind: 'not-redrivable', reason: 'no letter has this id' }
  const { group, redriven, redriveCount } = letter
  const isOurs = Object.values(orderGroups).some((known) => known === group)
  if (!isOurs || letter.letter.topic !== deadLetterTopic(topic, group)) {
    return { kind: 'not-redrivable', reason: 'none of our groups refused it' }
  }
  if (redriven) return { kind: 'redriven' }
  if (redriveCount >= redrivesMax && !quarantined) return { kind: 'quarantined' }
  return { kind: 'redrivable', letter, topic: retryTopic(topic, group) }
}

/** What is written again: the record's own bytes, or those that it is to have instead. */
export function contentOf(
  record: LogRecord | undefined,
  edit: RedriveSpec['edit'],
): Readonly<{ kind: 'content'; content: RedriveContent }> | NotRedrivable {
  if (!record) return { kind: 'not-redrivable', reason: 'the log has it no more' }
  if (!edit && headerText(record, '__dlq.errors.original.bytes') !== undefined) {
    return { kind: 'not-redrivable', reason: 'the letter holds only a part of its record: it was too large' }
  }
  const content = edit ? edited(record, edit) : record
  if (contentBytes(content) <= redriveBytesMax) return { kind: 'content', content }
  return { kind: 'not-redrivable', reason: `it has more than ${redriveBytesMax} bytes` }
}

function edited(record: LogRecord, { key, value, headers }: Exclude<RedriveSpec['edit'], undefined>): RedriveContent {
  const bytes = (base64: string): Uint8Array => Buffer.from(base64, 'base64')
  return {
    key: key === undefined ? record.key : key === null ? null : bytes(key),
    value: bytes(value),
    headers: headers ? headers.map((header) => [header.name, bytes(header.value)] as const) : record.headers,
  }
}
