import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/**
 * Validates with the very schemas that the types come from. Query and path hold text only, so plain decimal numbers
 * become numbers where the schema wants one; nothing else is converted, and unknown members are refused.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema)
  const numbers = httpPart === 'querystring' || httpPart === 'params' ? numberMembers(schema) : new Set<string>()
  return (input: unknown) => {
    const value = numbers.size > 0 ? withNumbers(input, numbers) : input
    return check.Check(value) ? { value } : { error: check.Errors(value) }
  }
}

/** For a part that its route parses by itself. */
export const acceptAll = (value: unknown) => ({ value })

const decimal = /^-?\d{1,20}(?:\.\d{1,20})?$/

function numberMembers(schema: object): ReadonlySet<string> {
  const properties = 'properties' in schema ? Object.entries(schema.properties ?? {}) : []
  return new Set(properties.flatMap(([name, member]) => (isNumeric(member) ? [name] : [])))
}

function isNumeric(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null || !('type' in schema)) return false
  return schema.type === 'integer' || schema.type === 'number'
}

function withNumbers(input: unknown, numbers: ReadonlySet<string>): unknown {
  if (typeof input !== 'object' || input === null) return input
  return Object.fromEntries(
    Object.entries(input).map(([name, value]: [string, unknown]) => {
      const isNumber = numbers.has(name) && typeof value === 'string' && decimal.test(value)
      return [name, isNumber ? Number(value) : value]
    }),
  )
}
