import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { OrdermillError, type ErrorCode, type Issue } from '../errors.ts'
import type { Problem } from './contract.ts'

export const problemType = 'application/problem+json'

export const httpStatusByCode = {
  CONFIG_INVALID: 500,
  DATA_DIR_LOCKED: 500,
  PORT_IN_USE: 500,
  USAGE: 400,
  RECORD_INVALID: 422,
  RECORD_TOO_LARGE: 413,
  ORDER_ID_CONFLICT: 409,
  FENCED: 503,
  STORE_AHEAD: 500,
  DATA_CORRUPT: 500,
  TOPIC_UNKNOWN: 404,
  JOB_ACTIVE: 409,
  NOT_FOUND: 404,
  REQUEST_INVALID: 400,
  STATE_CONFLICT: 409,
  BEGINNING_GONE: 409,
  IDEMPOTENCY_KEY_REUSED: 422,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  // Not 503: the orders are accepted, and what repeats a 503 by itself must not send them again without a key.
  WAIT_TIMEOUT: 504,
  INTERRUPTED: 503,
  LOG_REFUSED: 503,
  LOG_UNAVAILABLE: 503,
  STORE_UNAVAILABLE: 503,
  STORE_REFUSED: 503,
  SEARCH_UNAVAILABLE: 501,
  GATEWAY_UNAVAILABLE: 503,
  GATEWAY_REFUSED: 503,
  SERVER_UNAVAILABLE: 503,
  INTERNAL: 500,
} as const satisfies Record<ErrorCode, number>

const issuesMax = 100
const retryAfterSeconds = 1

type ProblemDetails = Readonly<{ instance: string; status?: number }>

/** The error's own words reach the client only when it is one of ours: others may quote secrets or paths. */
export function problemOf(error: OrdermillError, { instance, status }: ProblemDetails): Problem {
  const { code, issues, message } = error
  return {
    type: `urn:ordermill:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: code.charAt(0) + code.slice(1).toLowerCase().replaceAll('_', ' '),
    status: status ?? httpStatusByCode[code],
    detail: message,
    instance,
    code,
    ...(issues.length > 0
      ? { errors: issues.slice(0, issuesMax).map(({ pointer, message }) => ({ pointer, message })) }
      : {}),
  }
}

/** Fastify's own refusals (no route, malformed or too large body, schema) become ours; anything unknown is INTERNAL. */
export function toOrdermillError(error: unknown, request: Pick<FastifyRequest, 'id'>): OrdermillError {
  if (error instanceof OrdermillError) return error
  if (isFastifyRefusal(error)) return refusalOf(error)
  const hint = `look for request ${request.id} in the server's log`
  return new OrdermillError('INTERNAL', `the server failed in a way that it does not know: ${hint}`, { cause: error })
}

/** `extra` are members that one route's problems have beside the usual ones. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  extra: Partial<Problem> = {},
): FastifyReply {
  const known = toOrdermillError(error, request)
  const status = isFastifyRefusal(error) ? error.statusCode : httpStatusByCode[known.code]
  if (status >= 500) request.log.error({ err: error }, known.message)
  else request.log.debug({ code: known.code, status }, known.message)
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  if (status === 503 && !reply.hasHeader('retry-after')) void reply.header('retry-after', retryAfterSeconds)
  const problem = problemOf(known, { instance: pathOf(request), status })
  return reply
    .code(status)
    .type(problemType)
    .header('cache-control', 'no-store')
    .send({ ...problem, ...extra })
}

const instanceCharsMax = 200

function pathOf({ url }: FastifyRequest): string {
  return url.slice(0, instanceCharsMax).split('?', 1)[0] ?? ''
}

type FastifyRefusal = Error & Pick<FastifyError, 'validation' | 'validationContext'> & { statusCode: number }

function isFastifyRefusal(error: unknown): error is FastifyRefusal {
  if (!(error instanceof Error) || !('statusCode' in error)) return false
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
}

/** Fastify's names, where people say something else. */
const partNames: Readonly<Record<string, string>> = { params: 'path', querystring: 'query' }

function refusalOf(error: FastifyRefusal): OrdermillError {
  const { statusCode, validation, validationContext = 'body', message } = error
  if (validation) {
    const issues = validation.flatMap((issue) => issueOf(issue, validationContext))
    const list = issues.map((issue) => `${issue.pointer} ${issue.message}`).join('; ')
    const what = partNames[validationContext] ?? validationContext
    return new OrdermillError('REQUEST_INVALID', `the ${what} is not valid: ${list}`, { issues })
  }
  if (statusCode === 413) return new OrdermillError('RECORD_TOO_LARGE', `${message}: send fewer orders in one request`)
  if (statusCode === 415) {
    return new OrdermillError('REQUEST_INVALID', 'the body is not JSON: send it with content-type: application/json')
  }
  return new OrdermillError(statusCode === 404 ? 'NOT_FOUND' : 'REQUEST_INVALID', message)
}

type ValidationIssue = Readonly<{ keyword: string; instancePath: string; message?: string }>

function issueOf({ keyword, instancePath, message }: ValidationIssue, context: string): readonly Issue[] {
  // An unknown member is reported twice, once for itself and once for the object that holds it.
  if (keyword === 'additionalProperties') return []
  const pointer = instancePath || `/${context}`
  return [{ pointer, message: keyword === 'boolean' ? 'is not known here' : (message ?? 'is not valid') }]
}
