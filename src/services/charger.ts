import { backoffMs, type Backoff } from '../domain/backoff.ts'
import { identityText } from '../domain/order.ts'
import type { SettledAnswer } from '../domain/payment.ts'
import { hasCode } from '../errors.ts'
import type { PaymentGateway } from '../ports/payment-gateway.ts'
import type { PaymentFact } from '../ports/payment-ledger.ts'

export type Charger = (fact: Extract<PaymentFact, { kind: 'payment' }>, signal: AbortSignal) => Promise<SettledAnswer>

export type ChargerOptions = Readonly<{
  gateway: PaymentGateway
  /** Runs at most so many at a time: the rate is bounded by this many charges per gateway time. */
  limit: <Result>(task: () => Promise<Result>) => Promise<Result>
  now: () => number
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  random: () => number
}>

/** A batch of thousands should not come again as a whole because one charge failed for a moment. */
const attemptsMax = 5
const pause: Backoff = { baseMs: 50, maxMs: 2_000 }

/** Charges by the order's identity as idempotency key, so a repetition moves no money. */
export function openCharger({ gateway, limit, now, sleep, random }: ChargerOptions): Charger {
  const persistently: Charger = async ({ identity, intent: { order } }, signal) => {
    const charge = { orderId: order.id, amount: order.amount, country: order.country }
    const key = identityText(identity)
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted()
      try {
        const outcome = await gateway(charge, key, signal)
        return { kind: 'settled', outcome, atMs: now() }
      } catch (error) {
        if (!hasCode(error, 'GATEWAY_UNAVAILABLE') || attempt === attemptsMax) throw error
        await sleep(backoffMs(pause, attempt, random()), signal)
      }
    }
  }
  return (fact, signal) => limit(() => persistently(fact, signal))
}
