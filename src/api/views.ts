import { parseOrder } from '../codec/order-codec.ts'
import { decimalOf } from '../domain/money.ts'
import type { OrderContent } from '../domain/order-state.ts'
import type { LedgerEntry } from '../domain/payment.ts'
import type {
  Page,
  OrderStory as Story,
  StoredAlert,
  StoredDeadLetter,
  StoredOrder,
  StoredPayment,
} from '../ports/order-queries.ts'
import type { Redriven } from '../ports/view-store.ts'
import {
  documentsBytesMax,
  type Alert,
  type DeadLetter,
  type OrderItem,
  type OrderStory,
  type OrderSummary,
  type Payment,
} from './contract.ts'
import { parseExact } from './exact-json.ts'

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString()
}

export function pageView<Item, View>({ items, nextCursor }: Page<Item>, view: (item: Item) => View) {
  return { items: items.map(view), next_cursor: nextCursor }
}

export function orderSummary({ orderId, document, status, timestampMs }: StoredOrder): OrderSummary {
  const { customerId, amount, country, createdAtMs } = parseOrder(JSON.parse(document))
  return {
    order_id: orderId,
    customer_id: customerId,
    amount: decimalOf(amount),
    currency: amount.currency,
    country,
    status,
    created_at: isoTime(createdAtMs),
    logged_at: isoTime(timestampMs),
  }
}

export function orderItem(stored: StoredOrder): OrderItem {
  return { ...orderSummary(stored), document: documentOf(stored) }
}

/** As {@link orderItem}, without the documents from where they would make the answer too large. */
export function orderItems(page: readonly StoredOrder[]): OrderItem[] {
  let documentsBytes = 0
  return page.map((stored) => {
    documentsBytes += stored.document.length
    return documentsBytes > documentsBytesMax ? { ...orderSummary(stored), document: null } : orderItem(stored)
  })
}

export function documentOf({ document }: StoredOrder): object {
  const value = parseExact(document)
  return typeof value === 'object' && value !== null ? value : {}
}

export function paymentView({ orderId, timestampMs, ledger }: StoredPayment): Payment {
  const { content, entries, payment } = ledger
  return {
    order_id: orderId,
    outcome: payment.status,
    ...contentView(content),
    logged_at: isoTime(timestampMs),
    settled_at: 'atMs' in payment ? isoTime(payment.atMs) : null,
    position: positionView(payment.position),
    attempts: (payment.attempts ?? []).map(({ atMs, reason }) => ({ at: isoTime(atMs), result: reason })),
    entries: entries.map(paymentEntryView),
  }
}

function paymentEntryView({ position, status, effect, atMs, operator, declinedAtMs }: LedgerEntry) {
  return {
    ...positionView(position),
    status,
    effect,
    at: isoTime(atMs),
    ...(operator && { operator }),
    ...(declinedAtMs !== undefined && { declined_at: isoTime(declinedAtMs) }),
  }
}

export function alertView({ timestampMs, alert }: StoredAlert): Alert {
  const { orderId, reason, amount, country } = alert
  return {
    order_id: orderId,
    reason,
    amount: decimalOf(amount),
    currency: amount.currency,
    country,
    logged_at: isoTime(timestampMs),
  }
}

/** A letter that was redriven `redrivesMax` times, and is open again, is quarantined. */
export function deadLetterView(stored: StoredDeadLetter, redrivesMax: number): DeadLetter {
  const { id, group, topic, partition, offset, letter, code, message, stage, redriven } = stored
  return {
    id,
    group,
    topic,
    partition,
    offset,
    letter: { topic: letter.topic, partition: letter.partition, offset: letter.offset },
    code,
    message,
    stage,
    delivery_count: stored.deliveryCount,
    first_failed_at: isoTime(stored.firstFailedAtMs),
    logged_at: isoTime(stored.timestampMs),
    order_id: stored.orderId,
    redrive_count: stored.redriveCount,
    quarantined: redriven === null && stored.redriveCount >= redrivesMax,
    redriven: redriven && redrivenView(redriven),
  }
}

function redrivenView({ atMs, job, topic, partition, offset }: Redriven): DeadLetter['redriven'] {
  return { at: isoTime(atMs), job, topic, partition, offset }
}

export function storyView({ order, state, payment, alerts, deadLetters }: Story, redrivesMax: number): OrderStory {
  return {
    order: order ? orderItem(order) : null,
    entries: (state?.entries ?? []).map(({ position, status }) => ({ ...positionView(position), status })),
    payment: payment ? paymentView(payment) : null,
    alerts: alerts.map(alertView),
    dead_letters: deadLetters.map((letter) => deadLetterView(letter, redrivesMax)),
  }
}

function contentView({ customerId, amountMinor, currency, country, createdAtMs }: OrderContent) {
  return {
    customer_id: customerId,
    amount: decimalOf({ minor: amountMinor, currency }),
    currency,
    country,
    created_at: isoTime(createdAtMs),
  }
}

function positionView({ topicId, partition, offset }: { topicId: string; partition: number; offset: number }) {
  return { topic_id: topicId, partition, offset }
}
