import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { OrderDetail, Payment } from '../../../src/api/contract.ts'
import type { PaymentAction } from '../../../src/api/contract/payment-actions.ts'
import { getJson, postJson } from './client.ts'

export type PaymentActionName = PaymentAction['action']

const lookMs = 400
/** Longer than that payments is behind, and the page says so instead of waiting. */
const waitMaxMs = 15_000

type PaymentAsk = Readonly<{ payment: Payment; action: PaymentActionName; idempotencyKey: string }>

/**
 * @param on.onAccepted the decision is durable
 * @param on.onDone payments has taken it up; undefined when it hasn't after a while. Called wherever the page has gone meanwhile
 */
export function usePaymentAction(on: {
  onAccepted: () => void
  onDone: (ask: PaymentAsk, after: Payment | undefined) => void
}) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async ({ payment, action, idempotencyKey }: PaymentAsk) => {
      const { order_id, created_at } = payment
      await postJson<PaymentAction>(`/payments/${order_id}/${action}`, { created_at }, idempotencyKey)
      on.onAccepted()
      return takenUp(payment)
    },
    onSuccess: (after, ask) => on.onDone(ask, after),
    onSettled: () => void queryClient.invalidateQueries(),
  })
}

async function takenUp(before: Payment): Promise<Payment | undefined> {
  const untilMs = Date.now() + waitMaxMs
  while (Date.now() < untilMs) {
    const now = await paymentOf(before)
    if (now && now.outcome !== 'PENDING' && isLater(now, before)) return now
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
  return undefined
}

/** Also a retry that was declined again: it left an entry, or was settled anew. */
function isLater(now: Payment, before: Payment): boolean {
  return (
    now.outcome !== before.outcome ||
    now.settled_at !== before.settled_at ||
    now.entries.length !== before.entries.length
  )
}

/** Undefined also when there is no answer: the decision was accepted, and is asked for again. */
async function paymentOf({ order_id, created_at }: Payment): Promise<Payment | null | undefined> {
  const detail = await getJson<OrderDetail>(`/orders/${order_id}`).catch(() => undefined)
  if (!detail) return undefined
  const { payment, other_identities } = detail
  const all = [payment, ...other_identities.map((story) => story.payment)]
  return all.find((candidate) => candidate?.created_at === created_at)
}
