/**
 * Every failure that somebody may have to act on has a code here; `true` means that the same call may succeed later.
 * Branch on `code`, never on `message`.
 */
const retryableByCode = {
  /** A setting is missing, malformed, or contradicts another. */
  CONFIG_INVALID: false,
  /** The data directory is in use by another process. */
  DATA_DIR_LOCKED: false,
  /** The address to listen on is taken. */
  PORT_IN_USE: false,
  /** A command was called with arguments that it can't take. */
  USAGE: false,
  /** A record can never be read as what its topic holds. */
  RECORD_INVALID: false,
  /** A record or request is larger than its limit. */
  RECORD_TOO_LARGE: false,
  /** An order id is known with other content. */
  ORDER_ID_CONFLICT: false,
  /** Someone else owns the partition now: drop it and claim again. */
  FENCED: false,
  /** The store knows positions that the log does not have: one of the two was replaced. */
  STORE_AHEAD: false,
  /** The log's or store's file failed its integrity check, or was written by a newer version. */
  DATA_CORRUPT: false,
  TOPIC_UNKNOWN: false,
  NOT_FOUND: false,
  REQUEST_INVALID: false,
  IDEMPOTENCY_KEY_REUSED: false,
  UNAUTHENTICATED: false,
  FORBIDDEN: false,
  RATE_LIMITED: true,
  /** Accepted, but not finished within the time that the caller gave. */
  WAIT_TIMEOUT: true,
  LOG_UNAVAILABLE: true,
  STORE_UNAVAILABLE: true,
  GATEWAY_UNAVAILABLE: true,
  /** A server that the command needs does not answer. */
  SERVER_UNAVAILABLE: true,
  INTERNAL: false,
} as const satisfies Record<string, boolean>

export type ErrorCode = keyof typeof retryableByCode

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets what the keys are
export const errorCodes = Object.keys(retryableByCode) as readonly ErrorCode[]

/** One place of an input that is wrong; `pointer` is a JSON Pointer (RFC 6901), empty for the whole. */
export type Issue = Readonly<{ pointer: string; message: string }>

/** The one error class. The message says who, what, why and what to do, on one line, without secrets. */
export class OrdermillError extends Error {
  readonly code: ErrorCode
  readonly issues: readonly Issue[]

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; issues?: readonly Issue[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'OrdermillError'
    this.code = code
    this.issues = options.issues ?? []
  }

  get retryable(): boolean {
    return retryableByCode[this.code]
  }
}

export function hasCode(error: unknown, code: ErrorCode): error is OrdermillError {
  return error instanceof OrdermillError && error.code === code
}
