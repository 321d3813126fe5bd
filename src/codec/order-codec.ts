import { isCountry } from '../domain/country.ts'
import { exponentOf, isCurrency } from '../domain/currency.ts'
import { amountMinorMax, moneyFromDecimal, type Money } from '../domain/money.ts'
import { orderStatuses, type Order, type OrderStatus } from '../domain/order.ts'
import { OrdermillError, type Issue } from '../errors.ts'
import type { LogRecord, NewRecord } from '../ports/log.ts'
import { bytesOf, eventIdHeaders, textOf } from './bytes.ts'
import { isJsonObject, parseJsonObject, refuseTrouble, type JsonObject } from './json.ts'

/** An order is a few hundred bytes; this leaves room for extra fields and keeps a batch of them in memory. */
const orderBytesMax = 256 * 1024

/** `json` is the received text, which becomes the order's document. */
export type DecodedOrder = Readonly<{ order: Order; json: string }>

type Outcome = Readonly<{ decoded: DecodedOrder } | { error: OrdermillError }>

/**
 * Three services of one process read the same record objects: each is parsed once, and forgotten with the record.
 * A WeakMap would do the same, at the price of parsing a third of the record again.
 */
const outcomeOf = Symbol('outcome of decoding')
type Memo = LogRecord & { [outcomeOf]?: Outcome }

/**
 * The order in a record's value.
 *
 * @throws {OrdermillError} RECORD_INVALID with every issue and its JSON Pointer, or RECORD_TOO_LARGE
 */
export function decodeOrder(record: LogRecord): DecodedOrder {
  const memo: Memo = record
  const outcome = (memo[outcomeOf] ??= tryDecode(record.value ?? new Uint8Array()))
  if ('error' in outcome) throw outcome.error
  return outcome.decoded
}

function tryDecode(value: Uint8Array): Outcome {
  try {
    return { decoded: decodeOrderBytes(value) }
  } catch (error) {
    if (error instanceof OrdermillError) return { error }
    throw error
  }
}

/** As {@link decodeOrder}, for JSON text in bytes that are not in the log yet. */
export function decodeOrderBytes(value: Uint8Array): DecodedOrder {
  if (value.byteLength > orderBytesMax) {
    throw new OrdermillError('RECORD_TOO_LARGE', `the order has ${value.byteLength} bytes, more than ${orderBytesMax}`)
  }
  const json = textOf(value)
  return { order: orderOf(parseJsonObject(json)), json }
}

/** As {@link decodeOrder}, for JSON text that is not in the log yet. */
export function decodeOrderText(json: string): DecodedOrder {
  return decodeOrderBytes(bytesOf(json))
}

/** As {@link decodeOrder}, for a value that a JSON parser already made. */
export function parseOrder(value: unknown): Order {
  if (!isJsonObject(value)) throw invalid([{ pointer: '', message: 'must be an object' }])
  refuseTrouble(value)
  return orderOf(value)
}

/** The record of one order. `json` must hold a valid order with that id; bytes are taken as they are. */
export function orderRecord(topic: string, json: string | Uint8Array, orderId: number, eventId: string): NewRecord {
  const value = typeof json === 'string' ? bytesOf(json) : json
  return { topic, key: bytesOf(String(orderId)), value, headers: eventIdHeaders(eventId) }
}

function orderOf(value: JsonObject): Order {
  const issues: Issue[] = []
  const order = {
    id: wholeNumber(value, 'order_id', 1, issues),
    customerId: wholeNumber(value, 'customer_id', 0, issues),
    amount: amountOf(value, issues),
    country: countryOf(value, issues),
    status: statusOf(value, issues),
    createdAtMs: timeOf(value, issues),
  }
  if (issues.length > 0) throw invalid(issues)
  return order
}

function invalid(issues: readonly Issue[]): OrdermillError {
  const list = issues.map(({ pointer, message }) => `${pointer || 'the value'} ${message}`).join('; ')
  return new OrdermillError('RECORD_INVALID', `not a valid order: ${list}`, { issues })
}

function wholeNumber(value: JsonObject, name: string, min: number, issues: Issue[]): number {
  const number = value[name]
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min) return number
  issues.push({ pointer: `/${name}`, message: `must be a whole number from ${min} to 2^53 - 1` })
  return 0
}

const nothing: Money = { currency: 'USD', minor: 0 }

function amountOf({ amount, currency }: JsonObject, issues: Issue[]): Money {
  if (typeof currency !== 'string' || !isCurrency(currency)) {
    issues.push({ pointer: '/currency', message: 'must be an ISO 4217 code such as "USD"' })
    return nothing
  }
  const money = typeof amount === 'number' ? moneyFromDecimal(amount, currency) : undefined
  if (money) return money
  const decimals = exponentOf(currency)
  const max = amountMinorMax / 10 ** decimals
  issues.push({
    pointer: '/amount',
    message: `must be a number above 0, at most ${max}, with at most ${decimals} decimals`,
  })
  return nothing
}

function countryOf({ country }: JsonObject, issues: Issue[]): string {
  if (typeof country === 'string' && isCountry(country)) return country
  issues.push({ pointer: '/country', message: 'must be an ISO 3166-1 alpha-2 code such as "US"' })
  return ''
}

function isStatus(value: unknown): value is OrderStatus {
  return orderStatuses.some((status) => status === value)
}

function statusOf({ status }: JsonObject, issues: Issue[]): OrderStatus {
  if (isStatus(status)) return status
  issues.push({ pointer: '/status', message: `must be one of ${orderStatuses.join(', ')}` })
  return 'CREATED'
}

function timeOf({ created_at: time }: JsonObject, issues: Issue[]): number {
  const atMs = typeof time === 'string' ? parseUtc(time) : undefined
  if (atMs !== undefined) return atMs
  issues.push({ pointer: '/created_at', message: 'must be an ISO 8601 time in UTC such as "2026-01-31T09:30:00.000Z"' })
  return 0
}

const utcTime = /^\d{4}-\d\d-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

/** Milliseconds of a UTC time; finer fractions are cut off. Undefined for what is no such time or no day of its month. */
export function parseUtc(text: string): number | undefined {
  const day = utcTime.exec(text)?.[1]
  if (day === undefined) return undefined
  const atMs = Date.parse(text)
  // The parser takes the 31st of every month and counts on into the next one; 24:00:00 is the next day too.
  return new Date(atMs).getUTCDate() === Number(day) ? atMs : undefined
}
