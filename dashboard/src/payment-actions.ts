import type { Payment } from '../../src/api/contract.ts'
import type { PaymentActionName } from './api/payment-action.ts'
import { formatMoney } from './format.ts'
import { outcomes } from './labels.ts'

export type PaymentChoice = Readonly<{
  action: PaymentActionName
  label: string
  /** What is about to happen, as a heading. */
  title: string
  /** And in full. */
  what: string
  confirm: string
}>

function moneyOf({ amount, currency }: Payment): string {
  return `${formatMoney(amount, currency)} ${currency}`
}

/** What an operator may decide about a payment, by what became of it so far. */
export function choicesFor(payment: Payment): readonly PaymentChoice[] {
  const money = moneyOf(payment)
  const order = `order ${payment.order_id}`
  switch (payment.outcome) {
    case 'HELD':
      return [
        {
          action: 'release',
          label: 'Release',
          title: `Release ${order}?`,
          what: `${money} will be charged once. A fraud rule flags this order; the payment was held for that.`,
          confirm: `Charge ${money}`,
        },
        {
          action: 'reject',
          label: 'Reject',
          title: `Reject ${order}?`,
          what: `${money} will not be charged: the payment becomes declined. It can be retried later.`,
          confirm: 'Reject the payment',
        },
      ]
    case 'DECLINED':
      return [
        {
          action: 'retry',
          label: 'Retry',
          title: `Try to charge ${order} again?`,
          what: `The gateway is asked for ${money} once more, with a new idempotency key. It declined before, and nothing was charged.`,
          confirm: `Charge ${money}`,
        },
      ]
    case 'PENDING':
    case 'PAID':
    case 'SKIPPED':
      return []
    default:
      return payment.outcome satisfies never
  }
}

/** What came of it. */
export function paymentResult(before: Payment, after: Payment | undefined, { label }: PaymentChoice) {
  const { order_id } = before
  const link = { href: `/orders/${order_id}`, label: 'Show the order' }
  if (!after) {
    const detail = 'Payments has not come to it yet: the order’s page shows when it has.'
    return { tone: 'neutral', title: `${label} of order ${order_id} is waiting`, detail, link } as const
  }
  const { label: became, tone } = outcomes[after.outcome]
  const title = `Order ${order_id} is ${became.toLowerCase()}`
  const detail = after.outcome === 'PAID' ? `${moneyOf(after)} charged once.` : `${moneyOf(after)} not charged.`
  return { tone: tone === 'good' ? 'good' : 'neutral', title, detail, link } as const
}
