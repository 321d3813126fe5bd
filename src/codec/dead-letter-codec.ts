import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { OrdermillError } from '../errors.ts'
import type { LogRecord, NewRecord } from '../ports/log.ts'
import type { DeadLetter, ViewFact } from '../ports/view-store.ts'
import { bytesOf, headerText, textOf } from './bytes.ts'
import { foreignOrigin, type LetterOrigin } from './foreign-letters.ts'
import { isJsonObject } from './json.ts'
import { encodeIssues, issuesHeader } from './letter-issues.ts'
import { wholeOf } from './whole.ts'

export function deadLetterTopic(topic: string, group: string): string {
  return `${topic}.${group}.dlq`
}

/** Where redriven dead letters of one group go. */
export function retryTopic(topic: string, group: string): string {
  return `${topic}.${group}.retry`
}

function isRetryTopic(topic: string): boolean {
  return topic.endsWith('.retry')
}

/** What a redriven record has beside the letter's own headers: its letter's id, how often it was redriven, and by which job. */
export const redriveHeaders = { of: 'x-redrive-of', count: 'x-redrive-count', job: 'x-redrive-job' } as const

const reasonPrefix = '__dlq.errors.'

/** Headers and their names make a letter larger than its record by less than this, the message being bounded. */
export const letterOverheadBytesMax = 64 * 1024
const messageCharsMax = 2_000

export type Refusal = Readonly<{
  record: LogRecord
  error: OrdermillError
  /** Which part of the pipeline refused it. */
  stage: 'decode' | 'apply'
  attempt: number
  atMs: number
}>

/**
 * The record's key, value and headers byte for byte, with the reason in headers after its own. Headers named as those of a
 * reason are left out: those of one that was redriven would pile up until the letter fits nowhere, and what a sender of orders
 * calls so would be taken for ours.
 */
export function encodeDeadLetter(topic: string, group: string, refusal: Refusal): NewRecord {
  const { record, error, stage, attempt, atMs } = refusal
  const reason = {
    topic: record.topic,
    partition: String(record.partition),
    offset: String(record.offset),
    group,
    'delivery.count': String(attempt),
    message: error.message.slice(0, messageCharsMax),
    code: error.code,
    stage,
    'first.failed.at': new Date(atMs).toISOString(),
    ...contentOfCut(record),
  }
  const issues = encodeIssues(error.issues)
  const { key, value, headers } = fitting(record)
  return {
    topic,
    key,
    value,
    headers: [
      ...headers.filter(([name]) => !name.startsWith(reasonPrefix)),
      ...Object.entries(reason).map(([name, text]) => [reasonPrefix + name, bytesOf(text)] as const),
      ...(issues === undefined ? [] : [[issuesHeader, bytesOf(issues)] as const]),
    ],
  }
}

/** As much of a record as letter topics take with a reason: that of the largest input, and of a letter that was redriven. */
const contentBytesMax = 1024 * 1024 + letterOverheadBytesMax
/** The same of a record that is written again, where what says so needs room too. */
export const redriveBytesMax = contentBytesMax - 8 * 1024
/** Of the key, and of the headers: the rest is for the value. */
const partBytesMax = contentBytesMax / 8

type Content = Pick<LogRecord, 'key' | 'value' | 'headers'>

/** Of key, value and headers. */
export function contentBytes({ key, value, headers }: Content): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes(headers)
}

function headerBytes(headers: Content['headers']): number {
  return headers.reduce((bytes, [name, content]) => bytes + name.length + content.length, 0)
}

/** Whoever made the topic may allow larger records than ours. One that fits nowhere is cut, and must stop nobody. */
function fitting(record: LogRecord): Content {
  if (contentBytes(record) <= contentBytesMax) return record
  const key = record.key?.subarray(0, partBytesMax) ?? null
  const headers = headerBytes(record.headers) <= partBytesMax ? record.headers : []
  const room = contentBytesMax - contentBytes({ key, value: null, headers })
  return { key, value: record.value?.subarray(0, room) ?? null, headers }
}

/** What a cut letter still tells of the whole: its position, size and digest. */
function contentOfCut(record: LogRecord): Readonly<Record<string, string>> {
  const bytes = contentBytes(record)
  if (bytes <= contentBytesMax) return {}
  const digest = createHash('sha256').update(record.value ?? new Uint8Array())
  return { 'original.bytes': String(bytes), 'value.sha256': digest.digest('hex') }
}

/**
 * A letter of ours, or of Kafka Connect, Spring or Kafka Streams.
 *
 * @throws {OrdermillError} RECORD_INVALID when the headers that identify it are not there
 */
export function decodeDeadLetter(record: LogRecord): DeadLetter {
  const reason = (name: string): string | undefined => headerText(record, reasonPrefix + name)
  const origin = ownOrigin(record) ?? foreignOrigin(record)
  if (!origin) {
    const known = '__dlq.errors, __connect.errors, kafka_dlt or __streams.errors'
    throw new OrdermillError('RECORD_INVALID', `not a dead letter: no headers of ${known} name a topic and position`)
  }
  return {
    ...origin,
    letter: { topic: record.topic, partition: record.partition, offset: record.offset },
    deliveryCount: wholeOf(reason('delivery.count')) ?? 1,
    firstFailedAtMs: Date.parse(reason('first.failed.at') ?? '') || record.timestampMs,
    timestampMs: record.timestampMs,
    orderId: orderIdOf(record),
    redriveCount: redriveCountOf(record, origin),
  }
}

/** Anybody may write an order, with whatever headers: only what came by a retry topic was redriven. */
function redriveCountOf(record: LogRecord, { topic }: LetterOrigin): number {
  return isRetryTopic(topic) ? (wholeOf(headerText(record, redriveHeaders.count)) ?? 0) : 0
}

function ownOrigin(record: LogRecord): LetterOrigin | undefined {
  const reason = (name: string): string | undefined => headerText(record, reasonPrefix + name)
  const [group, topic] = [reason('group'), reason('topic')]
  const [partition, offset] = [wholeOf(reason('partition')), wholeOf(reason('offset'))]
  if (!group || !topic || partition === undefined || offset === undefined) return undefined
  return {
    group,
    topic,
    partition,
    offset,
    code: reason('code') ?? 'INTERNAL',
    message: reason('message') ?? '',
    stage: reason('stage') ?? '',
  }
}

/** What a record of a retry topic says of the letter that it came from; undefined for any other record there. */
export function decodeRedrive(
  record: LogRecord,
): Pick<Extract<ViewFact, { kind: 'redrive' }>, 'kind' | 'letterId' | 'redriven'> | undefined {
  const letterId = headerText(record, redriveHeaders.of)
  if (letterId === undefined) return undefined
  const { topic, partition, offset, timestampMs: atMs } = record
  const job = headerText(record, redriveHeaders.job) ?? ''
  return { kind: 'redrive', letterId, redriven: { atMs, job, topic, partition, offset } }
}

/** Best effort: the value's `order_id`, else the key. */
function orderIdOf({ key, value }: LogRecord): number | null {
  return wholeNumber(orderIdInValue(value)) ?? (key && isUtf8(key) ? wholeNumber(Number(textOf(key))) : null)
}

function orderIdInValue(value: Uint8Array | null): unknown {
  if (!value || !isUtf8(value)) return undefined
  try {
    const json: unknown = JSON.parse(textOf(value))
    return isJsonObject(json) ? json['order_id'] : undefined
  } catch {
    return undefined
  }
}

function wholeNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : null
}
