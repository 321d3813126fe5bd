import { decodeOrderText } from '../codec/order-codec.ts'
import { isJsonObject, parseJsonObject, type JsonObject } from '../codec/json.ts'
import { OrdermillError, type Issue } from '../errors.ts'
import { ordersPostMax } from './contract.ts'
import { parseExact } from './exact-json.ts'
import { isoTime } from './views.ts'

/** A posted order. `text` is the body where the order came alone: its record is the body, byte for byte. */
export type Draft = Readonly<{ members: JsonObject; text?: string }>

/**
 * The orders of a request body: one order, or `{ "orders": [...] }`. All are valid once each has its id, or none is taken.
 *
 * @throws {OrdermillError} REQUEST_INVALID for what holds no orders, RECORD_INVALID with a pointer to every issue
 */
export function parseDrafts(body: string): readonly Draft[] {
  const root = parseExact(body, parseBody(body))
  if (!isJsonObject(root)) throw new OrdermillError('REQUEST_INVALID', 'the body is not an object')
  if (!Object.hasOwn(root, 'orders')) {
    const draft = { members: root, text: body }
    writeDraft(draft, placeholder)
    return [draft]
  }
  const drafts = batchOf(root).map((members) => ({ members }))
  const issues = drafts.flatMap((draft, index) => issuesOf(draft, `/orders/${index}`))
  if (issues.length === 0) return drafts
  const message = `${drafts.length} orders came and not all are valid, so none was accepted: correct what "errors" lists`
  throw new OrdermillError('RECORD_INVALID', message, { issues })
}

export function needsId({ members }: Draft): boolean {
  return !Object.hasOwn(members, 'order_id')
}

type Given = Readonly<{ orderId: number; atMs: number }>
const placeholder: Given = { orderId: 1, atMs: 0 }

/**
 * The order's JSON text and id. Members are kept as they came; only an order without an id has anything added.
 *
 * @throws {OrdermillError} RECORD_INVALID, RECORD_TOO_LARGE
 */
export function writeDraft(draft: Draft, { orderId, atMs }: Given): Readonly<{ json: string; orderId: number }> {
  const { members, text } = draft
  const defaults = { order_id: orderId, status: 'CREATED', created_at: isoTime(atMs), source: 'api' }
  const json = needsId(draft) ? JSON.stringify({ ...defaults, ...members }) : (text ?? JSON.stringify(members))
  return { json, orderId: decodeOrderText(json).order.id }
}

/** @throws {OrdermillError} REQUEST_INVALID: what a reader of records calls an invalid record is a bad request here */
export function parseBody(text: string): JsonObject {
  try {
    return parseJsonObject(text)
  } catch (error) {
    if (!(error instanceof OrdermillError)) throw error
    throw new OrdermillError('REQUEST_INVALID', `the body can't be taken: ${error.message}`, { cause: error })
  }
}

function batchOf({ orders, ...others }: JsonObject): readonly JsonObject[] {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw badBatch(`/${unknown}`, 'is not known beside "orders"')
  if (!Array.isArray(orders) || orders.length < 1 || orders.length > ordersPostMax) {
    throw badBatch('/orders', `must be a list of 1 to ${ordersPostMax} orders`)
  }
  return orders.map((order: unknown, index) => {
    if (!isJsonObject(order)) throw badBatch(`/orders/${index}`, 'must be an object')
    return order
  })
}

function badBatch(pointer: string, message: string): OrdermillError {
  return new OrdermillError('REQUEST_INVALID', `the body is no batch of orders: ${pointer} ${message}`, {
    issues: [{ pointer, message }],
  })
}

function issuesOf(draft: Draft, prefix: string): readonly Issue[] {
  try {
    writeDraft(draft, placeholder)
    return []
  } catch (error) {
    if (!(error instanceof OrdermillError)) throw error
    if (error.issues.length === 0) return [{ pointer: prefix, message: error.message }]
    return error.issues.map(({ pointer, message }) => ({ pointer: prefix + pointer, message }))
  }
}
