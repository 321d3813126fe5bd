/**
 * Every failure that somebody may have to act on has a code here. `retryable` means that the same call may succeed
 * later. Branch on `code`, never on `message`. `docs/reference/errors.md` is generated from this table.
 */
const errors = {
  CONFIG_INVALID: { retryable: false, about: 'A setting is missing, malformed, or contradicts another.' },
  DATA_DIR_LOCKED: { retryable: false, about: 'The data directory is in use by another process.' },
  PORT_IN_USE: { retryable: false, about: 'The address to listen on is taken.' },
  USAGE: { retryable: false, about: 'A command was called with arguments that it can’t take.' },
  RECORD_INVALID: { retryable: false, about: 'A record can never be read as what its topic holds.' },
  RECORD_TOO_LARGE: { retryable: false, about: 'A record or request is larger than its limit.' },
  ORDER_ID_CONFLICT: { retryable: false, about: 'An order id is known with other content.' },
  FENCED: { retryable: false, about: 'Someone else owns the partition now: drop it and claim again.' },
  STORE_AHEAD: {
    retryable: false,
    about: 'The store knows positions that the log does not have: one of the two was replaced.',
  },
  DATA_CORRUPT: {
    retryable: false,
    about: 'The log’s or store’s file failed its integrity check, or was written by a newer version.',
  },
  TOPIC_UNKNOWN: { retryable: false, about: 'The log has no such topic or partition.' },
  JOB_ACTIVE: { retryable: false, about: 'A job of this kind is under way, and two at once would disturb each other.' },
  NOT_FOUND: { retryable: false, about: 'What was asked for is not there.' },
  REQUEST_INVALID: { retryable: false, about: 'A request is not as its schema says.' },
  STATE_CONFLICT: { retryable: false, about: 'What was asked for is not possible in the state that it is about.' },
  BEGINNING_GONE: {
    retryable: false,
    about: 'The log does not hold any more what the store was made of, so that it can’t be made again.',
  },
  IDEMPOTENCY_KEY_REUSED: { retryable: false, about: 'An `Idempotency-Key` came again with another body.' },
  UNAUTHENTICATED: { retryable: false, about: 'The request needs a token and has none that is known.' },
  FORBIDDEN: { retryable: false, about: 'The token’s role, or where the request comes from, does not allow it.' },
  RATE_LIMITED: { retryable: true, about: 'Too many requests came from one address.' },
  WAIT_TIMEOUT: { retryable: true, about: 'Accepted, but not finished within the time that the caller gave.' },
  INTERRUPTED: { retryable: true, about: 'A signal stopped a command before it was done; it can be resumed.' },
  LOG_REFUSED: {
    retryable: true,
    about: 'The broker refuses the login, its certificate is not trusted, or a right is missing.',
  },
  LOG_UNAVAILABLE: { retryable: true, about: 'The log can’t be read or written now.' },
  STORE_UNAVAILABLE: { retryable: true, about: 'The store can’t be read or written now.' },
  STORE_REFUSED: {
    retryable: true,
    about: 'The store’s server refuses the login, a right, or what its settings don’t allow.',
  },
  SEARCH_UNAVAILABLE: { retryable: false, about: 'The store can’t filter or sort: a service or an index is missing.' },
  GATEWAY_UNAVAILABLE: { retryable: true, about: 'The payment gateway does not answer.' },
  GATEWAY_REFUSED: {
    retryable: true,
    about:
      'The payment gateway refuses our requests, or answers what none of its answers is. Nobody was declined by it.',
  },
  SERVER_UNAVAILABLE: { retryable: true, about: 'A server that the command needs does not answer.' },
  INTERNAL: { retryable: false, about: 'A fault of Ordermill itself: please report it with the log lines around it.' },
} as const satisfies Record<string, Readonly<{ retryable: boolean; about: string }>>

export type ErrorCode = keyof typeof errors

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets what the keys are
export const errorCodes = Object.keys(errors) as readonly ErrorCode[]

/** Rows of the error reference. */
export const errorDescriptions: Readonly<Record<ErrorCode, Readonly<{ retryable: boolean; about: string }>>> = errors

/** One place of an input that is wrong; `pointer` is a JSON Pointer (RFC 6901), empty for the whole. */
export type Issue = Readonly<{ pointer: string; message: string }>

/** The one error class. The message says who, what, why and what to do, on one line, without secrets. */
export class OrdermillError extends Error {
  readonly code: ErrorCode
  readonly issues: readonly Issue[]
  /** How long whoever failed wants to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; issues?: readonly Issue[]; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'OrdermillError'
    this.code = code
    this.issues = options.issues ?? []
    this.retryAfterMs = options.retryAfterMs
  }

  get retryable(): boolean {
    return errors[this.code].retryable
  }
}

export function hasCode(error: unknown, code: ErrorCode): error is OrdermillError {
  return error instanceof OrdermillError && error.code === code
}
