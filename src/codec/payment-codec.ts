import { decimalOf } from '../domain/money.ts'
import type { Order } from '../domain/order.ts'
import type { PaymentOutcome } from '../domain/payment.ts'
import { eventIdOf, type Position } from '../domain/position.ts'
import { OrdermillError } from '../errors.ts'
import type { LogRecord, NewRecord } from '../ports/log.ts'
import { bytesOf, eventIdHeader, eventIdHeaders, headerText, textOf } from './bytes.ts'
import { parseJsonObject } from './json.ts'

/** PAID alone: readers of this topic take any record as paid. */
export const paymentsTopic = 'payments'
/** Every other outcome. */
export const outcomesTopic = 'payment-outcomes'

export type Payment = Readonly<{ order: Order; outcome: PaymentOutcome; atMs: number }>

export function encodePayment(group: string, { order, outcome, atMs }: Payment, position: Position): NewRecord {
  const { id, amount, country } = order
  const fields = { order_id: id, status: outcome, amount: decimalOf(amount), country, currency: amount.currency }
  return {
    topic: outcome === 'PAID' ? paymentsTopic : outcomesTopic,
    key: bytesOf(String(id)),
    // The contract's timestamp always has a fraction, which a JSON writer drops at a whole second.
    value: bytesOf(`${JSON.stringify(fields).slice(0, -1)},"timestamp":${(atMs / 1000).toFixed(3)}}`),
    headers: eventIdHeaders(eventIdOf(group, position)),
  }
}

/** What is needed to fill a ledger again: undefined for a record without an event id, which no ledger of ours wrote. */
export type RecordedPayment = Readonly<{ eventId: string; outcome: PaymentOutcome; atMs: number }>

const outcomes = ['PAID', 'DECLINED', 'SKIPPED', 'HELD'] as const satisfies readonly PaymentOutcome[]

export function decodePayment(record: LogRecord): RecordedPayment | undefined {
  const eventId = headerText(record, eventIdHeader)
  if (eventId === undefined || !record.value) return undefined
  const { status, timestamp } = parseJsonObject(textOf(record.value))
  const outcome = outcomes.find((known) => known === status)
  if (!outcome || typeof timestamp !== 'number') {
    throw new OrdermillError(
      'RECORD_INVALID',
      `${record.topic}-${record.partition}@${record.offset} is no payment outcome`,
    )
  }
  return { eventId, outcome, atMs: Math.round(timestamp * 1000) }
}
