import { setTimeout } from 'node:timers/promises'
import { backoffMs } from '../domain/backoff.ts'
import { hasCode, OrdermillError } from '../errors.ts'
import { answerOf } from './answer.ts'
import type { HttpApi } from './http-api.ts'

/** About a minute in all: a server that is started again is waited for. */
const attemptsMax = 12
const backoff = { baseMs: 500, maxMs: 8_000 }

/** The same key makes it safe to send again what may have arrived. */
export type OrdersRequest = Readonly<{ body: string; idempotencyKey: string }>

/**
 * Sends a batch of orders, again and again where that may help.
 *
 * @returns JSON text of the answer
 * @throws {OrdermillError} what the server refused it for, SERVER_UNAVAILABLE, INTERRUPTED
 */
export async function postOrders(api: HttpApi, request: OrdersRequest, signal: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const { text, error, pauseMs } = await tryOnce(api, request, attempt)
    if (text !== undefined) return text
    if (pauseMs === undefined || attempt === attemptsMax) throw error
    await setTimeout(pauseMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) throw new OrdermillError('INTERRUPTED', `stopped while the server was away: ${error.message}`)
  }
}

type Attempt =
  | Readonly<{ text: string; error?: undefined; pauseMs?: undefined }>
  | Readonly<{ text?: undefined; error: OrdermillError; pauseMs: number | undefined }>

async function tryOnce(api: HttpApi, { body, idempotencyKey }: OrdersRequest, attempt: number): Promise<Attempt> {
  const pauseMs = backoffMs(backoff, attempt, Math.random())
  let retryAfterMs: number | undefined
  try {
    const answer = await api.post('/api/v1/orders', body, idempotencyKey)
    retryAfterMs = answer.retryAfterMs
    return { text: answerOf(answer) }
  } catch (error) {
    if (!(error instanceof OrdermillError)) throw error
    return { error, pauseMs: mayPass(error) ? (retryAfterMs ?? pauseMs) : undefined }
  }
}

function mayPass(error: OrdermillError): boolean {
  return error.retryable || hasCode(error, 'FENCED')
}
