import { operatorDecisions, type OperatorCommand } from '../domain/payment.ts'
import { OrdermillError } from '../errors.ts'
import type { LogRecord, NewRecord } from '../ports/log.ts'
import { bytesOf, eventIdHeaders, headerText } from './bytes.ts'

/** Only on the payments group's own retry topic: anybody may write an order, with whatever headers. */
const decisionHeader = 'x-ordermill-decision'
const byHeader = 'x-ordermill-by'

/** An operator's command: the order as it was received, so that the payment that it is about is known by its content. */
export type Decision = Readonly<{
  topic: string
  key: Uint8Array | null
  value: Uint8Array
  command: OperatorCommand
  eventId: string
}>

export function encodeDecision({ topic, key, value, command, eventId }: Decision): NewRecord {
  const headers = [
    ...eventIdHeaders(eventId),
    [decisionHeader, bytesOf(command.decision)] as const,
    [byHeader, bytesOf(command.by)] as const,
  ]
  return { topic, key, value, headers }
}

/**
 * The command in a record's headers; undefined for an order that was redriven.
 *
 * @throws {OrdermillError} RECORD_INVALID for a decision that nobody can take
 */
export function decodeDecision(record: Pick<LogRecord, 'headers'>): OperatorCommand | undefined {
  const text = headerText(record, decisionHeader)
  if (text === undefined) return undefined
  const decision = operatorDecisions.find((known) => known === text)
  if (decision) return { decision, by: headerText(record, byHeader) ?? 'unknown' }
  const known = operatorDecisions.join(', ')
  throw new OrdermillError('RECORD_INVALID', `the header ${decisionHeader} must be one of ${known}`)
}
