import { Type, type TProperties, type TSchema } from 'typebox'

/* What the schemas of the API are made of. snake_case; amounts are decimal numbers; times are ISO 8601 in UTC. */

export const closed = <Properties extends TProperties>(properties: Properties, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) })
export const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
export const oneOf = <Value extends string>(...values: readonly Value[]) => Type.Enum([...values])
export const page = <Schema extends TSchema>(item: Schema) =>
  closed({ items: Type.Array(item, { maxItems: 1000 }), next_cursor: nullable(Type.String()) })

export const count = Type.Integer({ minimum: 0 })
export const time = Type.String({ format: 'date-time', maxLength: 40 })
export const name = Type.String({ minLength: 1, maxLength: 255 })
export const currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' })
export const country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' })
export const orderId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
export const orderStatus = oneOf('CREATED', 'CONFIRMED', 'CANCELLED')
export const paymentOutcome = oneOf('PENDING', 'PAID', 'DECLINED', 'SKIPPED', 'HELD')
export const sums = Type.Record(currency, Type.Number(), { description: 'Amount by currency' })
export const position = closed({ topic_id: Type.String(), partition: count, offset: count })
/** Where a record is, by the topic's name. */
export const place = closed({ topic: Type.String(), partition: count, offset: count })
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
}

/** Body of what needs none: a page of another site can't send it. */
export const noBody = closed({}, 'An empty object')
