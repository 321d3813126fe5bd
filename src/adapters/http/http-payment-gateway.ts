import { decimalOf } from '../../domain/money.ts'
import type { ChargeOutcome } from '../../domain/payment.ts'
import { OrdermillError } from '../../errors.ts'
import type { Charge, PaymentGateway } from '../../ports/payment-gateway.ts'
import { answerIn, readBounded, retryAfterOf, secretsOf } from './gateway-answer.ts'

export type HttpGatewayOptions = Readonly<{
  /** Without a login; may have a key in its path or query. */
  url: string
  /** Empty: no Authorization header. */
  token: string
  /** Of one call, from connecting to the last byte of the answer. */
  timeoutMs: number
  now: () => number
}>

/** Statuses that say: the same request may be answered otherwise later. */
const passing = new Set([408, 409, 425, 429])

/**
 * Posts each charge as JSON with its `Idempotency-Key`. Connections are kept and used again, one for each call that is under
 * way at most. What is neither an outcome nor a failure that may pass is never taken for a decline.
 */
export function httpPaymentGateway({ url, token, timeoutMs, now }: HttpGatewayOptions): PaymentGateway {
  const parsed = new URL(url)
  const { host } = parsed
  const secrets = secretsOf(parsed, token)

  async function post(charge: Charge, idempotencyKey: string, signal: AbortSignal) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        // The charge, and the token, would go to a place that nobody named.
        redirect: 'manual',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'idempotency-key': idempotencyKey,
          ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        },
        body: bodyOf(charge),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
      return { response, text: await readBounded(response) }
    } catch (error) {
      signal.throwIfAborted()
      throw unavailable(host, reasonOf(error, timeoutMs), { cause: error })
    }
  }

  return async (charge, idempotencyKey, signal) => {
    const { response, text } = await post(charge, idempotencyKey, signal)
    const { status } = response
    if (status === 402) return 'DECLINED'
    // Alone it may as well say that the request is wrong, or its key used for another charge.
    if (status === 422 && outcomeIn(text) === 'DECLINED') return 'DECLINED'
    if (status >= 500 || passing.has(status)) {
      throw unavailable(host, `answered ${status}`, { retryAfterMs: retryAfterOf(response, now()) })
    }
    const outcome = status === 200 || status === 201 ? outcomeIn(text) : undefined
    if (outcome) return outcome
    throw refused(host, `${status} ${answerIn(text, secrets)}`)
  }
}

function bodyOf({ orderId, amount, country }: Charge): string {
  return JSON.stringify({ order_id: orderId, amount: decimalOf(amount), currency: amount.currency, country })
}

function outcomeIn(text: string | undefined): ChargeOutcome | undefined {
  if (text === undefined) return undefined
  try {
    const answer: unknown = JSON.parse(text)
    const status = typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : undefined
    return status === 'PAID' || status === 'DECLINED' ? status : undefined
  } catch {
    return undefined
  }
}

function unavailable(
  host: string,
  what: string,
  options: Readonly<{ cause?: unknown; retryAfterMs?: number | undefined }>,
): OrdermillError {
  return new OrdermillError('GATEWAY_UNAVAILABLE', `the gateway ${host} ${what}: the charge is repeated`, options)
}

function refused(host: string, answer: string): OrdermillError {
  return new OrdermillError(
    'GATEWAY_REFUSED',
    `the gateway ${host} answered ${answer}, which is no outcome of a charge: nobody was declined, and payments wait; ` +
      'check ORDERMILL_PAYMENT_GATEWAY_URL, ORDERMILL_PAYMENT_GATEWAY_TOKEN and the gateway’s own log',
  )
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `gave no answer within ${timeoutMs} ms`
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  return `can't be talked to (${code ?? (cause instanceof Error ? cause.message : String(cause))})`
}
