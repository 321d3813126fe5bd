import { OrdermillError } from '../errors.ts'

/** Deeper values would overflow the stack of whoever writes them out again. */
const nestingMax = 32

export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Parses a record's JSON text into an object.
 *
 * @throws {OrdermillError} RECORD_INVALID when it is no JSON, no object, nested too deep, or has a `__proto__` member
 */
export function parseJsonObject(text: string): JsonObject {
  const value = parse(text)
  if (!isJsonObject(value)) throw new OrdermillError('RECORD_INVALID', 'the value is JSON but not an object')
  if (mayHideTrouble(text)) refuseTrouble(value)
  return value
}

export function isJsonObject(value: unknown): value is JsonObject {
  return isObject(value) && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new OrdermillError('RECORD_INVALID', `the value is not JSON: ${describe(error)}`, { cause: error })
  }
}

/** The parser quotes the input, which may hold line breaks and be long. */
function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replaceAll(/[\p{C}\s]+/gu, ' ').slice(0, 200)
}

/** Flat objects without escapes, nearly all there are, need no walk. */
function mayHideTrouble(text: string): boolean {
  return text.includes('{', 1) || text.includes('[') || text.includes('proto__') || text.includes('\\u')
}

/** Refuses nesting beyond {@link nestingMax} and `__proto__` members; iterative, since the depth is what is in doubt. */
export function refuseTrouble(root: object): void {
  let level: readonly object[] = [root]
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > nestingMax) throw new OrdermillError('RECORD_INVALID', `the value is nested deeper than ${nestingMax}`)
    if (level.some((value) => Object.hasOwn(value, '__proto__'))) {
      throw new OrdermillError('RECORD_INVALID', 'the value has a __proto__ member')
    }
    level = level.flatMap((value) => Object.values<unknown>({ ...value }).filter(isObject))
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
