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
  /** Share of calls that hang until the time limit ends them, 0 to 1. */
  hangRatio: number
  timeoutMs: number
  seed: number
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
}>

/**
 * Stands for a payment provider. The outcome is a function of key and seed alone, so a repeated charge is answered as
 * before in any process, without memory; whether a call fails or hangs depends on how many calls were made too.
 */
export function simulatedPaymentGateway(options: SimulatedGatewayOptions): PaymentGateway {
  const { latencyMs, declineRatio, failRatio, hangRatio, timeoutMs, seed, sleep } = options
  let calls = 0
  const luckOf = (key: string): number => (hangRatio + failRatio > 0 ? ratioOf(`${seed}/${key}/${calls}`) : 1)
  return async (_charge, idempotencyKey, signal) => {
    calls += 1
    const luck = luckOf(idempotencyKey)
    const hangs = luck < hangRatio
    if (hangs || latencyMs > 0) await sleep(hangs ? timeoutMs : latencyMs, signal)
    signal.throwIfAborted()
    if (hangs) throw unavailable(`gave no answer within ${timeoutMs} ms`)
    if (luck < hangRatio + failRatio) throw unavailable('was told to fail this call')
    return outcomeOf(idempotencyKey, seed, declineRatio)
  }
}

function unavailable(what: string): OrdermillError {
  return new OrdermillError('GATEWAY_UNAVAILABLE', `the simulated gateway ${what}: the charge is repeated`)
}

function outcomeOf(key: string, seed: number, declineRatio: number): ChargeOutcome {
  return declineRatio > 0 && ratioOf(`${seed}/${key}`) < declineRatio ? 'DECLINED' : 'PAID'
}

function ratioOf(text: string): number {
  return (murmur2(new TextEncoder().encode(text)) >>> 0) / 2 ** 32
}
