import type { Problem } from '../../../src/api/contract.ts'
import { parseExact } from '../exact.ts'

/** What an answer that isn't one says: the server's problem document, or that there was no answer. */
export class ApiError extends Error {
  readonly code: string
  readonly title: string
  /** 0: no answer at all. */
  readonly status: number

  constructor({ code, title, detail, status }: Pick<Problem, 'code' | 'title' | 'detail' | 'status'>) {
    super(detail)
    this.name = 'ApiError'
    this.code = code
    this.title = title
    this.status = status
  }
}

export type Query = Readonly<Record<string, string | number | undefined>>

/** @throws {ApiError} always one, whatever went wrong, unless `signal` aborts */
export function getJson<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  return exchange<Answer>(urlOf(path, query), signal ? { signal } : {})
}

/** For a link: what is downloaded goes past this page. */
export function urlOf(path: string, query: Query): string {
  return `/api/v1${path}${queryText(query)}`
}

/** @throws {ApiError} as `getJson` does */
export function postJson<Answer>(path: string, body: unknown, idempotencyKey?: string): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  }
  return exchange<Answer>(urlOf(path, {}), { method: 'POST', headers, body: JSON.stringify(body) })
}

/** Not `randomUUID`, which a page that came without TLS does not have. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** For what answers with nothing. @throws {ApiError} as `getJson` does */
export function deleteAt(path: string): Promise<undefined> {
  return exchange<undefined>(urlOf(path, {}), { method: 'DELETE' })
}

async function exchange<Answer>(url: string, init: RequestInit): Promise<Answer> {
  const response = await request(url, init)
  const body = response.status === 204 ? undefined : await readJson(response)
  if (!response.ok) throw new ApiError(isProblem(body) ? body : unexpected(response))
  // Not checked here: the server is typed by the schemas that these types come from, and its tests check its answers.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return body as Answer
}

function queryText(query: Query): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(name, String(value))
  }
  return params.size > 0 ? `?${params}` : ''
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new ApiError({
      code: 'SERVER_UNREACHABLE',
      title: 'No answer from the server',
      detail: 'The server does not answer. This page goes on by itself as soon as it does.',
      status: 0,
    })
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return parseExact(await response.text())
  } catch {
    throw new ApiError(unexpected(response))
  }
}

function unexpected({ status, url }: Response): ConstructorParameters<typeof ApiError>[0] {
  return {
    code: `HTTP_${status}`,
    title: 'Unexpected answer',
    detail: `${new URL(url).pathname} answered ${status} with something other than JSON: is a proxy in between?`,
    status,
  }
}

export function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body && 'title' in body
}
