import { OrdermillError } from '../errors.ts'
import { answerOf, refusalOf, type Answer } from './answer.ts'

export type HttpApi = Readonly<{
  url: string
  /** JSON text of the answer. */
  get: (path: string) => Promise<string>
  /** The body as it comes, however long that takes; one that ends before its end rejects. */
  stream: (path: string) => Promise<AsyncIterable<Uint8Array>>
  post: (
    path: string,
    body: string,
    idempotencyKey: string,
  ) => Promise<Answer & Readonly<{ retryAfterMs: number | undefined }>>
}>

/** The server bounds its own work; this is for one that hangs. */
const requestTimeoutMs = 60_000

/** @throws {OrdermillError} USAGE for what is no address; its methods SERVER_UNAVAILABLE when nobody answers there */
export function httpApi(url: string, token: string | undefined): HttpApi {
  const base = baseOf(url)
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      // A redirect would take the token to a place that nobody named.
      return await fetch(base + path, { signal: AbortSignal.timeout(requestTimeoutMs), ...init, redirect: 'error' })
    } catch (cause) {
      throw unreachable(base, cause)
    }
  }
  return {
    url: base,
    async get(path) {
      const response = await send(path, { headers })
      return answerOf({ status: response.status, text: await textOf(response, base) })
    },
    async stream(path) {
      const started = new AbortController()
      const timer = setTimeout(() => started.abort(), requestTimeoutMs)
      const response = await send(path, { headers, signal: started.signal }).finally(() => clearTimeout(timer))
      if (response.ok && response.body) return wholeBody(response.body, base)
      throw refusalOf({ status: response.status, text: await textOf(response, base) })
    },
    async post(path, body, idempotencyKey) {
      const all = { ...headers, 'content-type': 'application/json', 'idempotency-key': idempotencyKey }
      const response = await send(path, { method: 'POST', body, headers: all })
      const retryAfter = Number(response.headers.get('retry-after') ?? undefined)
      const retryAfterMs = Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined
      return { status: response.status, text: await textOf(response, base), retryAfterMs }
    },
  }
}

function baseOf(url: string): string {
  const parsed = URL.parse(url)
  if (parsed && /^https?:$/.test(parsed.protocol)) return parsed.href.replace(/\/+$/, '')
  throw new OrdermillError(
    'USAGE',
    `${JSON.stringify(url)} is no address of a server: it looks like http://127.0.0.1:8000`,
  )
}

async function textOf(response: Response, base: string): Promise<string> {
  try {
    return await response.text()
  } catch (cause) {
    throw unreachable(base, cause)
  }
}

async function* wholeBody(body: AsyncIterable<Uint8Array>, base: string): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body
  } catch (cause) {
    throw new OrdermillError(
      'SERVER_UNAVAILABLE',
      `${base} broke off in the middle (${reasonOf(cause)}): what was written is not the whole, ask again`,
      { cause },
    )
  }
}

function unreachable(base: string, cause: unknown): OrdermillError {
  return new OrdermillError(
    'SERVER_UNAVAILABLE',
    `no server answers at ${base} (${reasonOf(cause)}): start it with "ordermill start", or check the address`,
    { cause },
  )
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.message : String(cause)
}
