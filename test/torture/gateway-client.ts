import { OrdermillError } from '../../src/errors.ts'
import type { PaymentGateway } from '../../src/ports/payment-gateway.ts'
import type { FromEngine, ToEngine } from './messages.ts'

/** The gateway is the process that started this one: it remembers every call, whatever becomes of the caller. */
export function parentGateway(): PaymentGateway {
  const waiting = new Map<number, (outcome: 'PAID' | 'DECLINED' | undefined) => void>()
  let calls = 0
  process.on('message', (message: ToEngine) => {
    if (message.kind !== 'charged') return
    waiting.get(message.id)?.(message.outcome)
    waiting.delete(message.id)
  })
  return async (charge, key) => {
    calls += 1
    const id = calls
    const message: FromEngine = { kind: 'charge', id, charge, key }
    const answered = new Promise<'PAID' | 'DECLINED' | undefined>((resolve) => waiting.set(id, resolve))
    process.send?.(message)
    const outcome = await answered
    if (!outcome) throw new OrdermillError('GATEWAY_UNAVAILABLE', 'the gateway was told to fail')
    return outcome
  }
}
