import type { PaymentGateway } from '../../src/ports/payment-gateway.ts'
import type { Charged } from '../support/audit/audit-payments.ts'
import type { Calls } from './faults.ts'

export type GatewayLedger = Readonly<{
  /** Every call that reached the gateway, whether or not its reply arrived. */
  calls: Charged[]
  open: (calls: Calls) => PaymentGateway
}>

/** A payment provider that outlives every process. It declines one order in eight, and then every other retry of it. */
export function openGateway(seed: number): GatewayLedger {
  const recorded: Charged[] = []
  return {
    calls: recorded,
    open:
      (calls) =>
      ({ orderId, amount }, key) =>
        calls('GATEWAY_UNAVAILABLE', () => {
          const isRefused = (orderId * 31 + seed) % 8 === 0
          const outcome = isRefused && !/\/.*[13579]$/.test(key) ? 'DECLINED' : 'PAID'
          recorded.push({ key, orderId, minor: amount.minor, currency: amount.currency, outcome })
          return Promise.resolve(outcome)
        }),
  }
}
