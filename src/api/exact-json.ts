import { decimalText } from '../domain/money.ts'
import type { Sums } from '../domain/totals.ts'

declare global {
  interface JSON {
    /** Typed as what it stands for in the text; only `JSON.stringify` can do anything with it. */
    rawJSON(text: string): number
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  }
}

/** A sum as a JSON number with all its digits, also beyond 2^53 minor units. */
export function exactAmount(minor: bigint, currency: string): number {
  return JSON.rawJSON(decimalText(minor, currency))
}

export function exactSums(sums: Sums): Record<string, number> {
  return Object.fromEntries([...sums].map(([currency, minor]) => [currency, exactAmount(minor, currency)]))
}

/** Sixteen digits or an exponent: other numbers come out of a double with the value that they went in with. */
const mayLoseDigits = /[\d.]{16}|\d[eE][-+\d]/

/**
 * Parses JSON so that `JSON.stringify` writes every number with the value that it came with: one that a double can't
 * hold becomes an object that only `JSON.stringify` understands.
 *
 * @param parsed what `JSON.parse` made of the text, where that is known already
 */
export function parseExact(text: string, parsed?: unknown): unknown {
  if (!mayLoseDigits.test(text)) return parsed ?? JSON.parse(text)
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? JSON.rawJSON(source) : value,
  )
}
