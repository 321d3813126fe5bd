import { exponentOf, isCurrency, type CurrencyCode } from '../domain/currency.ts'
import { OrdermillError } from '../errors.ts'
import type { DeadLetterQuery, OrderQuery, PageQuery } from '../ports/order-queries.ts'
import type { DeadLettersQuery, OrdersQuery, PageQuery as PagingQuery } from './contract.ts'

const defaultLimit = 50

export function pageOf({ limit, cursor }: PagingQuery): PageQuery {
  return { limit: limit ?? defaultLimit, ...(cursor === undefined ? {} : { cursor }) }
}

/** @throws {OrdermillError} REQUEST_INVALID for a time that the schema lets pass, such as a leap second */
export function optionalTime(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const atMs = Date.parse(text)
  if (Number.isFinite(atMs)) return atMs
  throw invalid(name, 'must be an ISO 8601 time with its zone, such as 2026-01-31T09:30:00Z')
}

/** Amounts are in the query's currency, or else in the base currency, and then only its orders are found. */
export function orderQueryOf(query: OrdersQuery, baseCurrency: CurrencyCode): OrderQuery {
  const { country, status, customer_id: customerId, amount_min: amountMin, amount_max: amountMax } = query
  const hasAmount = amountMin !== undefined || amountMax !== undefined
  const currency = query.currency ?? (hasAmount ? baseCurrency : undefined)
  if (currency !== undefined && !isCurrency(currency)) throw invalid('currency', 'must be an ISO 4217 code such as USD')
  const found = {
    country,
    status,
    currency,
    customerId,
    amountMinorMin: minorOf(amountMin, currency ?? baseCurrency, Math.ceil),
    amountMinorMax: minorOf(amountMax, currency ?? baseCurrency, Math.floor),
    createdFromMs: optionalTime('created_from', query.created_from),
    createdToMs: optionalTime('created_to', query.created_to),
  }
  return { sort: query.sort ?? 'newest', ...pageOf(query), ...withoutUndefined(found) }
}

export function letterQueryOf(query: DeadLettersQuery): DeadLetterQuery {
  const { group, code, state, order_id: orderId } = query
  const [fromMs, toMs] = [optionalTime('from', query.from), optionalTime('to', query.to)]
  return { ...pageOf(query), ...withoutUndefined({ group, code, state, orderId, fromMs, toMs }) }
}

/** A bound with more decimals than the currency has lies between two amounts: it is rounded to the one inside. */
function minorOf(amount: number | undefined, currency: CurrencyCode, inwards: (value: number) => number) {
  if (amount === undefined) return undefined
  const scale = 10 ** exponentOf(currency)
  const nearest = Math.round(amount * scale)
  const minor = nearest / scale === amount ? nearest : inwards(amount * scale)
  return Math.min(minor, Number.MAX_SAFE_INTEGER)
}

type Defined<Value> = { [Key in keyof Value]?: Exclude<Value[Key], undefined> }

function withoutUndefined<Value extends object>(value: Value): Defined<Value> {
  const defined: Defined<Value> = {}
  for (const key in value) Object.assign(defined, value[key] === undefined ? {} : { [key]: value[key] })
  return defined
}

function invalid(name: string, message: string): OrdermillError {
  return new OrdermillError('REQUEST_INVALID', `the query is not valid: /${name} ${message}`, {
    issues: [{ pointer: `/${name}`, message }],
  })
}
