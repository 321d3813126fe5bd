import type { ChargeOutcome } from '../../domain/payment.ts'
import { murmur2 } from '../../domain/partitioner.ts'
import { OrdermillError } from '../../errors.ts'
import type { PaymentGateway } from '../../ports/payment-gateway.ts'

export type SimulatedGatewayOptions = Readonly<{
  /** Time that each charge takes, in ms. */
  latencyMs: number
  /** Share of orders that are declined for good, 0 to 1. */
  declineRatio: number
  /** Share of calls that fail and may succeed when they are repeated, 0 to 1. */
  failRatio: number
  /** Share of calls that never answer, 0 to 1: the caller's time limit ends them. */
  hangRatio: number
  seed: number
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
}>

/**
 * Stands for a payment provider. The outcome is a function of key and seed alone, so a repeated charge is answered as
 * before in any process, without memory; whether a call fails or hangs depends on how many calls were made too.
 */
export function simulatedPaymentGateway(options: SimulatedGatewayOptions): PaymentGateway {
  const { latencyMs, declineRatio, failRatio, hangRatio, seed, sleep } = options
  let calls = 0
  return async (_charge, idempotencyKey, signal) => {
    calls += 1
    const luck = ratioOf(`${seed}/${idempotencyKey}/${calls}`)
    if (luck < hangRatio) await sleep(hangMs, signal)
    if (latencyMs > 0) await sleep(latencyMs, signal)
    signal.throwIfAborted()
    if (luck < hangRatio + failRatio) {
      throw new OrdermillError(
        'GATEWAY_UNAVAILABLE',
        'the simulated gateway was told to fail this call: it is repeated',
      )
    }
    return outcomeOf(idempotencyKey, seed, declineRatio)
  }
}

/** Longer than any time limit of a caller. */
const hangMs = 2 ** 31 - 1

function outcomeOf(key: string, seed: number, declineRatio: number): ChargeOutcome {
  return declineRatio > 0 && ratioOf(`${seed}/${key}`) < declineRatio ? 'DECLINED' : 'PAID'
}

function ratioOf(text: string): number {
  return (murmur2(new TextEncoder().encode(text)) >>> 0) / 2 ** 32
}
