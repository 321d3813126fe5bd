import { AuthenticationError, ProtocolError, ResponseError } from '@platformatic/kafka'
import { OrdermillError } from '../../errors.ts'

/** All that stands in an error, causes and collected ones included, outermost first. */
function partsOf(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return []
  const inner = error instanceof AggregateError ? error.errors : []
  return [error, ...inner.flatMap(partsOf), ...partsOf(error.cause)]
}

/** Names of the protocol's error codes in an error, such as NOT_COORDINATOR. */
export function protocolErrorsIn(error: unknown): ReadonlySet<string> {
  return new Set(
    partsOf(error).flatMap((part) => (part instanceof ProtocolError ? [String(Reflect.get(part, 'apiId'))] : [])),
  )
}

export function hasProtocolError(error: unknown, ...names: readonly string[]): boolean {
  const found = protocolErrorsIn(error)
  return names.some((name) => found.has(name))
}

/** The client throws an answer away when any part of it tells an error. Where only `names` are told, the answer is good. */
export async function tolerating<Answer>(names: readonly string[], asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked
  } catch (error) {
    const found = protocolErrorsIn(error)
    if (!(error instanceof ResponseError) || ![...found].every((name) => names.includes(name))) throw error
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the parser of this very call has made
    return Reflect.get(error, 'response') as Answer
  }
}

/** The answer, whatever errors are told of its parts: who asked looks at them. */
export async function answered<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the parser of this very call has made
    return Reflect.get(error, 'response') as Answer
  }
}

/** The member that asked is not, or no longer, of the group's current generation. */
export function isFencedMember(error: unknown): boolean {
  return hasProtocolError(
    error,
    'ILLEGAL_GENERATION',
    'UNKNOWN_MEMBER_ID',
    'FENCED_INSTANCE_ID',
    'REBALANCE_IN_PROGRESS',
  )
}

/** Nothing that waiting alone mends, at least not soon. */
const refusals: ReadonlyMap<string, string> = new Map([
  ['SASL_AUTHENTICATION_FAILED', 'user name or password is wrong'],
  ['UNSUPPORTED_SASL_MECHANISM', 'it does not offer this SASL mechanism'],
  ['ILLEGAL_SASL_STATE', 'it wants another way to log in'],
  ['TOPIC_AUTHORIZATION_FAILED', 'the right to a topic is missing'],
  ['GROUP_AUTHORIZATION_FAILED', 'the right to a consumer group is missing'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'a right to the cluster is missing'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'the right to transactional ids is missing'],
])

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_SSL|ERR_TLS|EPROTO/

/** Why a broker will go on refusing this client; undefined for every other error. */
export function refusalIn(error: unknown): string | undefined {
  for (const name of protocolErrorsIn(error)) {
    const reason = refusals.get(name)
    if (reason !== undefined) return reason
  }
  const parts = partsOf(error)
  if (parts.some((part) => part instanceof AuthenticationError)) return 'the login failed'
  const insecure = parts.find((part) => 'code' in part && certificateCodes.test(String(part.code)))
  if (insecure) return `the TLS connection can not be trusted (${String(Reflect.get(insecure, 'code'))})`
  return parts.some(({ message }) => message.includes('Broker requires TLS')) ? 'it wants TLS' : undefined
}

/** What the port promises of an error. Secrets are in none of the client's messages. */
export function logError(error: unknown): OrdermillError {
  if (error instanceof OrdermillError) return error
  const reason = refusalIn(error)
  if (reason !== undefined) {
    return new OrdermillError(
      'LOG_REFUSED',
      `Kafka refuses this client: ${reason}. Check login, certificates and rights.`,
      {
        cause: error,
      },
    )
  }
  if (hasProtocolError(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE')) {
    return new OrdermillError('RECORD_TOO_LARGE', 'A record is larger than its topic takes: split or shorten it.')
  }
  const names = [...protocolErrorsIn(error)].join(', ')
  const message = names ? `Kafka can't do it now: ${names}.` : `Kafka can't be reached: ${shortly(error)}.`
  return new OrdermillError('LOG_UNAVAILABLE', message, { cause: error })
}

/** The innermost reasons, since the outer ones say only that something failed. */
function shortly(error: unknown): string {
  const parts = partsOf(error)
  if (parts.length === 0) return String(error)
  const inner = parts.filter((part) => !(part instanceof AggregateError) && part.cause === undefined)
  // Node's errors of several addresses have a code and no message.
  const texts = inner.map((part) => part.message || String(Reflect.get(part, 'code') ?? part.name))
  return [...new Set(texts)].slice(0, 3).join('; ')
}
