import { useState } from 'react'
import type { OrderDetail } from '../../../src/api/contract.ts'
import { ActionButton } from '../components/action-button.tsx'
import { PaymentActions } from '../components/payment-actions.tsx'
import { plural } from '../format.ts'
import { RedriveDialog } from './redrive-dialog.tsx'

/** What can be done about an order as it stands: money that waits for a decision, and records that were refused. */
export function OrderActions({ detail }: { detail: OrderDetail }) {
  const [redriving, setRedriving] = useState<string[]>()
  const { payment, dead_letters } = detail
  const open = dead_letters.filter(({ redriven }) => redriven === null)
  return (
    <span className="head-actions">
      {payment && <PaymentActions payment={payment} />}
      {open.length > 0 && (
        <ActionButton kind="primary" onClick={() => setRedriving(open.map(({ id }) => id))}>
          Redrive {plural(open.length, 'letter')}…
        </ActionButton>
      )}
      {redriving && <RedriveDialog target={{ ids: redriving }} onClose={() => setRedriving(undefined)} />}
    </span>
  )
}
