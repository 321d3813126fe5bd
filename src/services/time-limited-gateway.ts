import { OrdermillError } from '../errors.ts'
import type { PaymentGateway } from '../ports/payment-gateway.ts'

/** Ends a call that takes longer than `timeoutMs`, with GATEWAY_UNAVAILABLE: whether it charged is told by repeating it. */
export function timeLimitedGateway(gateway: PaymentGateway, timeoutMs: number): PaymentGateway {
  return async (charge, idempotencyKey, signal) => {
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      return await gateway(charge, idempotencyKey, AbortSignal.any([signal, timeout]))
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error
      throw new OrdermillError(
        'GATEWAY_UNAVAILABLE',
        `the gateway gave no answer for order ${charge.orderId} within ${timeoutMs} ms: the charge is repeated`,
        { cause: error },
      )
    }
  }
}
