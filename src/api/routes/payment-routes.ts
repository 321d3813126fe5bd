import { parseUtc } from '../../codec/order-codec.ts'
import { OrdermillError } from '../../errors.ts'
import {
  commandPayment,
  digestOf,
  type PaymentCommandDeps,
  type TakenCommand,
} from '../../operations/payment-commands.ts'
import { problems, type App } from '../app.ts'
import { keyedHeaders } from '../contract.ts'
import { paymentAction, paymentActionBody, paymentActionParams } from '../contract/payment-actions.ts'
import { onceInFlight } from '../once-in-flight.ts'
import { isoTime } from '../views.ts'

/** What an operator decides about a payment. */
export function paymentRoutes(app: App, deps: PaymentCommandDeps, keysInFlightMax: number): void {
  const once = onceInFlight<TakenCommand>(keysInFlightMax)
  const act = {
    operationId: 'decidePayment',
    summary: 'Releases or rejects a payment that is HELD, or retries one that is DECLINED',
    description:
      'With `Idempotency-Key` the same request may be sent again: it is one command with one entry in the audit log, and ' +
      'gets the first answer. Of the newest 1,000 decisions that came with one.',
    tags: ['payments'],
    params: paymentActionParams,
    headers: keyedHeaders,
    body: paymentActionBody,
    response: { 202: paymentAction, ...problems },
  }
  const path = '/api/v1/payments/:order_id/:action'
  app.post(path, { schema: act, config: { access: 'operator' } }, async ({ params, headers, body, caller }, reply) => {
    const { order_id: orderId, action: decision } = params
    const { reason, created_at: createdAt } = body
    const { principal } = caller
    const createdAtMs = createdAt === undefined ? undefined : timeOf(createdAt)
    const key = headers['idempotency-key']
    const command = { orderId, decision, principal, reason, createdAtMs, key }
    const submit = () => commandPayment(deps, command)
    const request = { principal, fingerprint: digestOf(command) }
    const { from, record, atMs } = await (key === undefined ? submit() : once({ ...request, key }, submit))
    const { topic, partition, offset } = record
    void reply.code(202)
    return { order_id: orderId, action: decision, from, record: { topic, partition, offset }, at: isoTime(atMs) }
  })
}

function timeOf(createdAt: string): number {
  const atMs = parseUtc(createdAt)
  if (atMs !== undefined) return atMs
  throw new OrdermillError(
    'REQUEST_INVALID',
    'created_at must be the order’s, in UTC, such as 2026-01-31T09:30:00.000Z',
  )
}
