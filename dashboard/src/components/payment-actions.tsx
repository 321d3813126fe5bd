import { useState } from 'react'
import type { Payment } from '../../../src/api/contract.ts'
import { newIdempotencyKey } from '../api/client.ts'
import { usePaymentAction } from '../api/payment-action.ts'
import { choicesFor, paymentResult, type PaymentChoice } from '../payment-actions.ts'
import { ActionButton } from './action-button.tsx'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { Facts } from './facts.tsx'
import { OutcomeDot } from './status.tsx'
import { useToast } from './toasts.tsx'
import { Money } from './values.tsx'

/** Buttons for what an operator may decide about this payment now; each asks first. */
export function PaymentActions({ payment, small = false }: { payment: Payment; small?: boolean }) {
  const [chosen, setChosen] = useState<Readonly<{ payment: Payment; choice: PaymentChoice }>>()
  const choices = choicesFor(payment)
  if (choices.length === 0 && !chosen) return null
  return (
    <span className="actions">
      {choices.map((choice) => (
        <ActionButton
          key={choice.action}
          kind={small ? 'small' : 'plain'}
          label={small ? `${choice.label} order ${payment.order_id}` : `${choice.label} the payment`}
          onClick={() => setChosen({ payment, choice })}
        >
          {choice.label}
        </ActionButton>
      ))}
      {chosen && <PaymentDialog {...chosen} onClose={() => setChosen(undefined)} />}
    </span>
  )
}

function PaymentDialog(props: { payment: Payment; choice: PaymentChoice; onClose: () => void }) {
  const { payment, choice, onClose } = props
  const toast = useToast()
  // One for each dialog: whoever confirms again after no answer came means the same decision.
  const [idempotencyKey] = useState(newIdempotencyKey)
  const act = usePaymentAction({
    onAccepted: onClose,
    onDone: (asked, after) => toast(paymentResult(asked.payment, after, choice)),
  })
  return (
    <ConfirmDialog
      title={choice.title}
      confirm={choice.confirm}
      danger
      busy={act.isPending}
      error={act.error}
      onConfirm={() => act.mutate({ payment, action: choice.action, idempotencyKey })}
      onClose={onClose}
    >
      <Facts
        facts={[
          ['Amount', <Money key="amount" amount={payment.amount} currency={payment.currency} />],
          ['Order', payment.order_id],
          ['Customer', payment.customer_id],
          ['Now', <OutcomeDot key="outcome" outcome={payment.outcome} />],
        ]}
      />
      <p>{choice.what}</p>
    </ConfirmDialog>
  )
}
