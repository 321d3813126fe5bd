import { backoffMs, type Backoff } from '../domain/backoff.ts'
import { identityText } from '../domain/order.ts'
import { failedAttemptsMax, type FailedAttempt, type SettledAnswer } from '../domain/payment.ts'
import { hasCode, OrdermillError } from '../errors.ts'
import type { PaymentGateway } from '../ports/payment-gateway.ts'
import type { PaymentFact } from '../ports/payment-ledger.ts'

type PaymentRecord = Extract<PaymentFact, { kind: 'payment' }>
export type Charger = (fact: PaymentRecord, signal: AbortSignal) => Promise<SettledAnswer>

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
  const failures = rememberFailures()
  const persistently: Charger = async (fact, signal) => {
    const { order } = fact.intent
    const charge = { orderId: order.id, amount: order.amount, country: order.country }
    const key = idempotencyKeyOf(fact)
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted()
      try {
        const outcome = await gateway(charge, key, signal)
        return { kind: 'settled', outcome, atMs: now(), ...failures.take(key) }
      } catch (error) {
        if (error instanceof OrdermillError) failures.note(key, { atMs: now(), reason: error.message })
        if (!hasCode(error, 'GATEWAY_UNAVAILABLE') || attempt === attemptsMax) throw error
        const pauseMs = Math.max(backoffMs(pause, attempt, random()), error.retryAfterMs ?? 0)
        await sleep(pauseMs, signal)
      }
    }
  }
  return (fact, signal) => limit(() => persistently(fact, signal))
}

/** What was declined is asked for again under another key: the gateway would repeat its refusal for ever. */
function idempotencyKeyOf({ identity, intent: { operator, position, retry } }: PaymentRecord): string {
  const key = identityText(identity)
  const keyPosition = retry ?? (operator?.decision === 'retry' ? position : undefined)
  if (!keyPosition) return key
  const { topicId, partition, offset } = keyPosition
  return `${key}/${topicId}-${partition}-${offset}`
}

/** Charges that failed, and are asked for again in a later batch; what failed beyond that many is not told. */
const failingMax = 10_000
const reasonCharsMax = 200

/** The failed attempts of each charge until it is settled: for people, so that a restart may forget them. */
function rememberFailures() {
  const failing = new Map<string, readonly FailedAttempt[]>()
  return {
    note(key: string, { atMs, reason }: FailedAttempt): void {
      const known = failing.get(key)
      if (!known && failing.size >= failingMax) return
      const attempt = { atMs, reason: reason.slice(0, reasonCharsMax) }
      failing.set(key, [...(known ?? []), attempt].slice(-failedAttemptsMax))
    },
    take(key: string): Readonly<{ attempts?: readonly FailedAttempt[] }> {
      const attempts = failing.get(key)
      if (!attempts) return {}
      failing.delete(key)
      return { attempts }
    },
  }
}
