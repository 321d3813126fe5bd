import { encodeDecision } from '../../src/codec/decision-codec.ts'
import type { OperatorDecision } from '../../src/domain/payment.ts'
import type { Header, LogRecord, NewRecord } from '../../src/ports/log.ts'
import { textOf, utf8 } from './log-harness.ts'

/** An order as the contract describes it. */
export function orderValue(orderId: number, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    order_id: orderId,
    customer_id: 1234,
    amount: 12.34,
    currency: 'USD',
    country: 'US',
    status: 'CREATED',
    created_at: '2026-01-02T03:04:05.678Z',
    source: 'order-service',
    ...over,
  }
}

export function orderRecord(orderId: number, over: Readonly<Record<string, unknown>> = {}): NewRecord {
  return rawRecord(JSON.stringify(orderValue(orderId, over)), `${orderId}`)
}

/** What an operator decides about the payment of that order. */
export function decisionRecord(
  decision: OperatorDecision,
  orderId: number,
  over: Readonly<Record<string, unknown>> = {},
): NewRecord {
  return encodeDecision({
    topic: retryTopicOfPayments,
    key: utf8(`${orderId}`),
    value: utf8(JSON.stringify(orderValue(orderId, over))),
    command: { decision, by: 'loopback' },
    eventId: `operator/${decision}-${orderId}`,
  })
}

export const retryTopicOfPayments = 'orders.payments-group.retry'

/** Any bytes at all as a record of `orders`. */
export function rawRecord(value: string | Uint8Array | null, key: string | null = null): NewRecord {
  return {
    topic: 'orders',
    key: key === null ? null : utf8(key),
    value: typeof value === 'string' ? utf8(value) : value,
  }
}

export function jsonOf(record: Pick<LogRecord, 'value'> | undefined): Record<string, unknown> {
  const value: unknown = JSON.parse(textOf(record?.value ?? null) ?? 'null')
  return typeof value === 'object' ? { ...value } : {}
}

/** The text of every header, in order; names may repeat. */
export function headerTexts(headers: readonly Header[]): readonly (readonly [string, string | null])[] {
  return headers.map(([name, value]) => [name, textOf(value)])
}

export function headerOf(record: LogRecord | undefined, name: string): string | null | undefined {
  const header = record?.headers.findLast(([known]) => known === name)
  return header && textOf(header[1])
}
