import type { CountryCode } from './country.ts'
import { exponentOf, type CurrencyCode } from './currency.ts'
import type { Money } from './money.ts'
import type { Order, OrderId } from './order.ts'

export const fraudReason = 'HIGH_AMOUNT_RISKY_COUNTRY'

export type FraudAlert = Readonly<{
  orderId: OrderId
  reason: typeof fraudReason
  amount: Money
  country: CountryCode
  /** The order's; 0 where the record of the alert does not say it. */
  createdAtMs: number
}>

/** Limits are in whole currency units, 300 for 300.00 USD. */
export type FraudRules = Readonly<{
  highAmount: number
  highAmountByCurrency: Readonly<Record<CurrencyCode, number>>
  homeCountries: ReadonlySet<CountryCode>
}>

export const defaultFraudRules: FraudRules = {
  highAmount: 300,
  highAmountByCurrency: {},
  homeCountries: new Set(['US', 'CA']),
}

/** Strictly above the limit, and outside the home countries. The default limit holds for the amount as it stands, in any currency. */
export function assessFraud(order: Order, rules: FraudRules): FraudAlert | undefined {
  const { id: orderId, amount, country, createdAtMs } = order
  const limit = rules.highAmountByCurrency[amount.currency] ?? rules.highAmount
  if (amount.minor <= minorOf(limit, exponentOf(amount.currency))) return undefined
  if (rules.homeCountries.has(country)) return undefined
  return { orderId, reason: fraudReason, amount, country, createdAtMs }
}

/** The greatest amount that is not above `limit`. A product of doubles may be just below the whole number that is meant. */
function minorOf(limit: number, exponent: number): number {
  const scaled = limit * 10 ** exponent
  const nearest = Math.round(scaled)
  return nearest / 10 ** exponent === limit ? nearest : Math.floor(scaled)
}
