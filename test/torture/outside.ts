import type { Charged } from '../support/audit/audit-payments.ts'
import type { FromEngine, ToEngine } from './messages.ts'

/** Where an acknowledged record is, by its index in the input. */
export type Acknowledgements = Map<number, Readonly<{ partition: number; offset: number }>>

/** What outlives every process: the gateway's account, what was acknowledged, and which redrives were. */
export type Outside = Readonly<{
  calls: Charged[]
  acknowledged: Acknowledgements
  redrives: Set<string>
  random: () => number
}>

export function openOutside(random: () => number): Outside {
  return { calls: [], acknowledged: new Map(), redrives: new Set(), random }
}

export function nextIndex({ acknowledged }: Outside): number {
  let next = 0
  for (const index of acknowledged.keys()) next = Math.max(next, index + 1)
  return next
}

type Answer = Extract<ToEngine, { kind: 'charged' }>

/** Records the charge, and answers late, or never when the caller is gone; one call in thirty fails, before or after. */
export function answerCharge(
  { id, charge, key }: Extract<FromEngine, { kind: 'charge' }>,
  { calls, random }: Outside,
  send: (answer: Answer) => void,
): void {
  const luck = random()
  const outcome = charge.orderId % 9 === 0 ? 'DECLINED' : 'PAID'
  const { orderId, amount } = charge
  if (luck > 0.015) calls.push({ key, orderId, minor: amount.minor, currency: amount.currency, outcome })
  const answer: Answer = { kind: 'charged', id, outcome: luck < 0.03 ? undefined : outcome }
  setTimeout(send, 4 * random(), answer)
}
