declare global {
  interface JSON {
    /** Typed as what it stands for in the text; only `JSON.stringify` can do anything with it. */
    rawJSON(text: string): number
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  }
}

/** Any double keeps 15 digits; sums of money may have more. */
const digitsMax = 15
const mayLoseDigits = /[\d.]{16}/

/**
 * Parses JSON so that a number that no double can hold still shows every digit: as text, and in JSON, it is what came.
 * In a calculation it is the nearest double. A browser that doesn't tell the source (before 2025) gives that double.
 */
export function parseExact(text: string): unknown {
  if (!mayLoseDigits.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value, context?: { source?: string }) => {
    const source = context?.source
    return typeof value === 'number' && source !== undefined ? exactNumber(source) : value
  })
}

/** @param text a decimal number as JSON has it */
export function exactNumber(text: string): number {
  const value = Number(text)
  if (String(value) === text || text.replaceAll(/\D/g, '').length <= digitsMax) return value
  const exact: object = { valueOf: () => value, toString: () => text, toJSON: () => JSON.rawJSON(text) }
  // As `rawJSON`: typed as what it stands for, which every operator makes of it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return exact as unknown as number
}
