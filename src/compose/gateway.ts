import { httpPaymentGateway } from '../adapters/http/http-payment-gateway.ts'
import { probeGateway } from '../adapters/http/probe-gateway.ts'
import { systemRuntime } from '../adapters/in-process/runtime.ts'
import { simulatedPaymentGateway } from '../adapters/simulated/simulated-payment-gateway.ts'
import type { Config } from '../config.ts'
import type { PaymentGateway } from '../ports/payment-gateway.ts'

const { now, sleep } = systemRuntime

export function openGateway(config: Config): PaymentGateway {
  const { gateway, paymentTimeoutMs: timeoutMs } = config
  if (gateway) return httpPaymentGateway({ ...gateway.access.reveal(), timeoutMs, now })
  return simulatedPaymentGateway({
    latencyMs: config.gatewayLatencyMs,
    declineRatio: config.gatewayDeclineRatio,
    failRatio: config.gatewayFailRatio,
    hangRatio: config.gatewayHangRatio,
    timeoutMs,
    seed: config.gatewaySeed,
    sleep,
  })
}

/** For people. */
export function gatewayName({ gateway, gatewayLatencyMs }: Config): string {
  return gateway?.origin ?? `simulated, ${gatewayLatencyMs} ms`
}

export type GatewayProbe = Readonly<{ name: string; status: number } | { name: string; problem: string }>

/** Whether the gateway's host answers; nothing is charged. undefined for the simulated one. */
export async function checkGateway(config: Config): Promise<GatewayProbe | undefined> {
  const { gateway, paymentTimeoutMs } = config
  if (!gateway) return undefined
  const name = gatewayName(config)
  try {
    return { name, status: await probeGateway(gateway.origin, paymentTimeoutMs) }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { name, problem: cause instanceof Error ? cause.message : String(cause) }
  }
}
