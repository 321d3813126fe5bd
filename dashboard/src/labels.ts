import type { OrderStatus, PaymentOutcome } from '../../src/api/contract.ts'
import type { ReconciliationState } from '../../src/api/contract/reconciliation.ts'

/** What a state means to who looks: `active` is under way, `neutral` is over and neither good nor bad. */
export type Tone = 'good' | 'warning' | 'bad' | 'neutral' | 'active'

export const orderStatuses = {
  CREATED: { tone: 'active', label: 'Created' },
  CONFIRMED: { tone: 'good', label: 'Confirmed' },
  CANCELLED: { tone: 'neutral', label: 'Cancelled' },
} as const satisfies Record<OrderStatus, { tone: Tone; label: string }>

function isOrderStatus(text: string): text is OrderStatus {
  return Object.hasOwn(orderStatuses, text)
}

export function orderStatusLabel(status: string): string {
  return isOrderStatus(status) ? orderStatuses[status].label : status
}

export const outcomes = {
  PENDING: { tone: 'active', label: 'Pending', meaning: 'The gateway may have been called; no answer is kept yet' },
  PAID: { tone: 'good', label: 'Paid', meaning: 'Charged once' },
  DECLINED: { tone: 'bad', label: 'Declined', meaning: 'The gateway refused for good' },
  SKIPPED: { tone: 'neutral', label: 'Skipped', meaning: 'Not charged: the order was cancelled' },
  HELD: { tone: 'warning', label: 'Held', meaning: 'Not charged: a fraud rule flags the order' },
} as const satisfies Record<PaymentOutcome, { tone: Tone; label: string; meaning: string }>

export function isOutcome(text: string): text is PaymentOutcome {
  return Object.hasOwn(outcomes, text)
}

/** `HIGH_AMOUNT_RISKY_COUNTRY` in words; a rule that is new here is still readable. */
export function reasonText(code: string): string {
  return capital(code.toLowerCase().replaceAll('_', ' '))
}

export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const reconciliationTones = {
  good: 'good',
  'in-flight': 'warning',
  bad: 'bad',
} as const satisfies Record<ReconciliationState['state'], Tone>

export const reconciliationWords = {
  good: 'Adds up',
  'in-flight': 'In flight',
  bad: 'Does not',
} as const satisfies Record<ReconciliationState['state'], string>
