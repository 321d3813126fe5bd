import type { CountryCode } from './country.ts'
import { exponentOf, type CurrencyCode } from './currency.ts'
import type { Money } from './money.ts'
import type { Order, OrderId } from './order.ts'

export const fraudReason = 'HIGH_AMOUNT_RISKY_COUNTRY'

export type FraudAlert = Readonly<{ orderId: OrderId; reason: typeof fraudReason; amount: Money; country: CountryCode }>

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
  const { id: orderId, amount, country } = order
  const limit = rules.highAmountByCurrency[amount.currency] ?? rules.highAmount
  if (amount.minor <= limit * 10 ** exponentOf(amount.currency)) return undefined
  if (rules.homeCountries.has(country)) return undefined
  return { orderId, reason: fraudReason, amount, country }
}
