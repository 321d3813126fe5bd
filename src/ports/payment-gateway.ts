import type { Money } from '../domain/money.ts'
import type { ChargeOutcome } from '../domain/payment.ts'

export type Charge = Readonly<{ orderId: number; amount: Money; country: string }>

/**
 * Charges once for each `idempotencyKey`: a repeated call with the same key gives the first call's outcome and moves no
 * money. A refusal for good is the outcome DECLINED, not an error.
 *
 * A call ends within a time limit of the gateway's own, and ends early when `signal` aborts.
 *
 * @throws {OrdermillError} GATEWAY_UNAVAILABLE when the same call may succeed later: whether it charged is told by repeating it,
 *   not before `retryAfterMs`; GATEWAY_REFUSED when it will not before somebody sets something right
 */
export type PaymentGateway = (charge: Charge, idempotencyKey: string, signal: AbortSignal) => Promise<ChargeOutcome>
