import type { ReactNode } from 'react'
import type { OrderStatus, PaymentOutcome } from '../../../src/api/contract.ts'
import { orderStatuses, outcomes, type Tone } from '../labels.ts'

/** A state in words, beside a dot: never colour alone. */
export function Status({ tone, children, title }: { tone: Tone; children: ReactNode; title?: string }) {
  return (
    <span className="status" title={title}>
      <span className={`dot dot-${tone}`} />
      <span className="truncate">{children}</span>
    </span>
  )
}

export function OrderStatusDot({ status }: { status: OrderStatus }) {
  const { tone, label } = orderStatuses[status]
  return <Status tone={tone}>{label}</Status>
}

export function OutcomeDot({ outcome }: { outcome: PaymentOutcome }) {
  const { tone, label, meaning } = outcomes[outcome]
  return (
    <Status tone={tone} title={meaning}>
      {label}
    </Status>
  )
}
