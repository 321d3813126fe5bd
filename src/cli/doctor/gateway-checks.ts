import type { GatewayProbe } from '../../compose/gateway.ts'
import type { Check } from './check.ts'

/** Whether somebody is there: the simulated gateway always is, and nothing is charged to find out more. */
export function gatewayChecks(probe: GatewayProbe | undefined): readonly Check[] {
  if (!probe) return []
  const name = 'gateway'
  if ('status' in probe) {
    return [{ name, status: 'ok', detail: `${probe.name} answers (${probe.status} to HEAD /); nothing was charged` }]
  }
  const advice =
    'check ORDERMILL_PAYMENT_GATEWAY_URL and the network; until it answers, payments wait and nobody is declined'
  return [{ name, status: 'fail', detail: `${probe.name} does not answer (${probe.problem})`, advice }]
}
