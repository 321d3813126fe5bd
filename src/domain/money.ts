import { exponentOf, type CurrencyCode } from './currency.ts'

/** `minor` is a whole number of the currency's minor units (cents for USD), 1 to {@link amountMinorMax}. */
export type Money = Readonly<{ currency: CurrencyCode; minor: number }>

/** One record's amount stays below 10^14 minor units, so that its decimal form has at most 15 digits and survives a double. */
export const amountMinorMax = 10 ** 14 - 1

/**
 * Exact money of a decimal JSON number, or undefined when it is not finite, not positive, above the limit, or has more
 * decimals than the currency has.
 *
 * Exact although the input is a double: with at most 15 significant digits the nearest double of a decimal is unique, so
 * dividing the rounded minor units gives the very same double back if, and only if, no further decimals were there.
 */
export function moneyFromDecimal(amount: number, currency: CurrencyCode): Money | undefined {
  const scale = 10 ** exponentOf(currency)
  const minor = Math.round(amount * scale)
  if (!(minor >= 1 && minor <= amountMinorMax)) return undefined
  return minor / scale === amount ? { currency, minor } : undefined
}

/** The double nearest to the amount; its shortest decimal form is the exact amount. */
export function decimalOf({ minor, currency }: Money): number {
  return minor / 10 ** exponentOf(currency)
}

/** Exact decimal text of a sum with all its decimals: `12345` in USD is `"123.45"`, in JPY `"12345"`. */
export function decimalText(minor: bigint, currency: CurrencyCode): string {
  const exponent = exponentOf(currency)
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0')
  const sign = minor < 0n ? '-' : ''
  if (exponent === 0) return sign + digits
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}
