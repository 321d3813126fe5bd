import { decimalOf } from '../domain/money.ts'
import type { Order } from '../domain/order.ts'
import type { PaymentOutcome } from '../domain/payment.ts'
import { eventIdOf, type Position } from '../domain/position.ts'
import { OrdermillError } from '../errors.ts'
import type { LogRecord, NewRecord } from '../ports/log.ts'
import { bytesOf, eventIdHeaders, textOf } from './bytes.ts'
import { parseJsonObject } from './json.ts'

/** PAID alone: readers of this topic take any record as paid. */
export const paymentsTopic = 'payments'
/** Every other outcome. */
export const outcomesTopic = 'payment-outcomes'

export type Payment = Readonly<{ order: Order; outcome: PaymentOutcome; atMs: number }>

export function encodePayment(group: string, { order, outcome, atMs }: Payment, position: Position): NewRecord {
  const { id, amount, country } = order
  // Codes and numbers alone: nothing needs escaping. A JSON writer would drop the timestamp's fraction at a whole second.
  const value =
    `{"order_id":${id},"status":"${outcome}","amount":${decimalOf(amount)},"country":"${country}",` +
    `"currency":"${amount.currency}","timestamp":${(atMs / 1000).toFixed(3)}}`
  return {
    topic: outcome === 'PAID' ? paymentsTopic : outcomesTopic,
    key: bytesOf(String(id)),
    value: bytesOf(value),
    headers: eventIdHeaders(eventIdOf(group, position)),
  }
}

/** What is needed to fill a ledger again. */
export type RecordedPayment = Readonly<{ outcome: PaymentOutcome; atMs: number }>

const outcomes = ['PAID', 'DECLINED', 'SKIPPED', 'HELD'] as const satisfies readonly PaymentOutcome[]

/** @throws {OrdermillError} RECORD_INVALID for what no ledger of ours wrote */
export function decodePayment(record: LogRecord): RecordedPayment {
  const { status, timestamp } = parseJsonObject(textOf(record.value ?? new Uint8Array()))
  const outcome = outcomes.find((known) => known === status)
  if (!outcome || typeof timestamp !== 'number') {
    throw new OrdermillError(
      'RECORD_INVALID',
      `${record.topic}-${record.partition}@${record.offset} is no payment outcome`,
    )
  }
  return { outcome, atMs: Math.round(timestamp * 1000) }
}
