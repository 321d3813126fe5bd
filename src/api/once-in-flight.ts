import { OrdermillError } from '../errors.ts'

/** `principal` is whose key it is: two callers may use the same one. `fingerprint` is of all that the request asks for. */
export type KeyedRequest = Readonly<{ principal: string; key: string; fingerprint: string }>
type InFlight<Answer> = Readonly<{ fingerprint: string; answer: Promise<Answer> }>

/** A double submit in one process shares the first one's answer, while that is under way. */
export function onceInFlight<Answer>(
  keysMax: number,
): (request: KeyedRequest, submit: () => Promise<Answer>) => Promise<Answer> {
  const inFlight = new Map<string, InFlight<Answer>>()
  return async ({ principal, key, fingerprint }, submit) => {
    const id = `${principal} ${key}`
    const running = inFlight.get(id)
    if (running && running.fingerprint !== fingerprint) throw keyReused()
    if (running) return running.answer
    if (inFlight.size >= keysMax) throw tooManyKeys(keysMax)
    const answer = submit().finally(() => inFlight.delete(id))
    inFlight.set(id, { fingerprint, answer })
    return answer
  }
}

function keyReused(): OrdermillError {
  return new OrdermillError(
    'IDEMPOTENCY_KEY_REUSED',
    'this Idempotency-Key came with another request: use a new key for a new request, the same request for a repetition',
  )
}

function tooManyKeys(keysMax: number): OrdermillError {
  return new OrdermillError(
    'SERVER_UNAVAILABLE',
    `${keysMax} requests with an Idempotency-Key are under way: send it again later`,
  )
}
