import type { CouchbaseError as DriverError } from 'couchbase'
import { OrdermillError } from '../../errors.ts'
import {
  AmbiguousTimeoutError,
  AuthenticationFailureError,
  CouchbaseError,
  DurabilityAmbiguousError,
  DurabilityImpossibleError,
  DurabilityLevelNotAvailableError,
  EncodingFailureError,
  FeatureNotAvailableError,
  InvalidArgumentError,
  RequestCanceledError,
  TimeoutError,
  UnsupportedOperationError,
  ValueTooLargeError,
} from './couchbase-driver.ts'

/** It may have been done, or be done later: a connection that breaks under a write leaves this open too. */
export function isUnknownOutcome(error: unknown): boolean {
  return (
    error instanceof AmbiguousTimeoutError ||
    error instanceof RequestCanceledError ||
    error instanceof DurabilityAmbiguousError
  )
}

/** What a failure of the SDK means for who called the store. */
export function storeError(error: unknown, doing: string): unknown {
  if (!(error instanceof CouchbaseError)) return error
  const refusal = refusalOf(error)
  if (refusal !== undefined) return new OrdermillError('STORE_REFUSED', `Couchbase refuses to ${doing}: ${refusal}`)
  if (neverPasses.some((kind) => error instanceof kind)) {
    return new OrdermillError('INTERNAL', `Couchbase can never ${doing}: ${error.message}`, { cause: error })
  }
  return new OrdermillError('STORE_UNAVAILABLE', `Couchbase did not ${doing}: ${reasonOf(error)}`, { cause: error })
}

const neverPasses = [ValueTooLargeError, InvalidArgumentError, EncodingFailureError]

function refusalOf(error: DriverError): string | undefined {
  if (error instanceof AuthenticationFailureError) {
    return 'the login or its rights are not enough; check COUCHBASE_USERNAME, COUCHBASE_PASSWORD and its roles on the bucket'
  }
  if (error instanceof DurabilityImpossibleError || error instanceof DurabilityLevelNotAvailableError) {
    return 'too few nodes are there for this durability; add nodes, or lower ORDERMILL_COUCHBASE_DURABILITY'
  }
  if (error instanceof UnsupportedOperationError || error instanceof FeatureNotAvailableError) {
    return 'the server knows no collections; set ORDERMILL_COUCHBASE_COLLECTIONS=none'
  }
  return undefined
}

/** A request that was never sent tells of the bucket, one without an answer of the server. */
function reasonOf(error: DriverError): string {
  if (!(error instanceof TimeoutError)) return error.message
  const { context } = error
  const reasons: readonly string[] = context && 'retry_reasons' in context ? context.retry_reasons : []
  if (reasons.some((reason) => reason.includes('collection'))) {
    return 'the scope or a collection is missing; create them with "ordermill store init"'
  }
  return context && 'last_dispatched_to' in context && context.last_dispatched_to
    ? `no answer in time from ${context.last_dispatched_to}; see whether it is well, and the network to it`
    : 'no node of the bucket can be reached; check COUCHBASE_HOST, COUCHBASE_BUCKET and the network'
}
