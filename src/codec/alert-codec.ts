import { isCountry } from '../domain/country.ts'
import { fraudReason, type FraudAlert } from '../domain/fraud.ts'
import { decimalOf, moneyFromDecimal } from '../domain/money.ts'
import { eventIdOf, type Position } from '../domain/position.ts'
import { isCurrency } from '../domain/currency.ts'
import { OrdermillError } from '../errors.ts'
import type { LogRecord, NewRecord } from '../ports/log.ts'
import { bytesOf, eventIdHeaders, textOf } from './bytes.ts'
import { parseJsonObject } from './json.ts'
import { parseUtc } from './order-codec.ts'

export const alertsTopic = 'fraud-alerts'

/**
 * `currency` and `created_at` are ours, and the original's readers ignore them: an amount means nothing without the one,
 * and where order ids are used again an order is not known without the other.
 */
export function encodeAlert(group: string, alert: FraudAlert, position: Position): NewRecord {
  const { orderId, reason, amount, country, createdAtMs } = alert
  return {
    topic: alertsTopic,
    key: bytesOf(String(orderId)),
    value: bytesOf(
      JSON.stringify({
        order_id: orderId,
        reason,
        amount: decimalOf(amount),
        country,
        currency: amount.currency,
        created_at: new Date(createdAtMs).toISOString(),
      }),
    ),
    headers: eventIdHeaders(eventIdOf(group, position)),
  }
}

/** @throws {OrdermillError} RECORD_INVALID */
export function decodeAlert({ value }: Pick<LogRecord, 'value'>): FraudAlert {
  const json = parseJsonObject(textOf(value ?? new Uint8Array()))
  const { order_id: orderId, reason, amount, country, currency = 'USD', created_at: createdAt } = json
  const money =
    typeof amount === 'number' && typeof currency === 'string' && isCurrency(currency)
      ? moneyFromDecimal(amount, currency)
      : undefined
  const known = typeof orderId === 'number' && Number.isSafeInteger(orderId) && reason === fraudReason
  const createdAtMs = createdAt === undefined ? 0 : typeof createdAt === 'string' ? parseUtc(createdAt) : undefined
  if (!known || createdAtMs === undefined || !money || typeof country !== 'string' || !isCountry(country)) {
    throw new OrdermillError(
      'RECORD_INVALID',
      'not a fraud alert: order_id, reason, amount and country are needed, and created_at is a UTC time',
    )
  }
  return { orderId, reason: fraudReason, amount: money, country, createdAtMs }
}
