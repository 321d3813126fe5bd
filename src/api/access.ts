import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { OrdermillError } from '../errors.ts'
import type { Role } from './contract.ts'
import type { Token } from './deps.ts'

/** What a route asks of its caller; every route names one. */
export type Access = 'open' | Role

/** Who calls. `principal` keeps the idempotency keys of two callers apart; it is no secret. */
export type Caller = Readonly<{ role: Role | undefined; principal: string }>

export const loopbackPrincipal = 'loopback'
const nobody = 'nobody'
export const stranger: Caller = { role: undefined, principal: nobody }
export const sessionCookie = 'ordermill_session'

/** Bearer token, or the page's cookie: EventSource sends no headers. */
export function tokenOf({ authorization, cookie }: IncomingHttpHeaders): string | undefined {
  const [, bearer] = /^Bearer +([!-~]{1,1024})$/i.exec(authorization ?? '') ?? []
  return bearer ?? cookieValue(cookie ?? '')
}

function cookieValue(cookies: string): string | undefined {
  const prefix = `${sessionCookie}=`
  const pair = cookies.split(';').find((part) => part.trimStart().startsWith(prefix))
  return pair === undefined ? undefined : decodeValue(pair.trim().slice(prefix.length))
}

function decodeValue(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

/** Without tokens only loopback is listened on, and everybody there is operator. */
export function identify(tokens: readonly Token[], token: string | undefined): Caller {
  if (tokens.length === 0) return { role: 'operator', principal: loopbackPrincipal }
  if (token === undefined) return stranger
  const hash = createHash('sha256').update(token).digest()
  // Every entry is compared, each in constant time, so that the time says nothing about which of them is near.
  const roles = tokens.filter(({ sha256 }) => equals(Buffer.from(sha256, 'hex'), hash)).map(({ role }) => role)
  return { role: roles.includes('operator') ? 'operator' : roles[0], principal: hash.toString('hex', 0, 6) }
}

function equals(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** @throws {OrdermillError} UNAUTHENTICATED, FORBIDDEN */
export function demand(access: Access, { role, principal }: Caller): void {
  if (access === 'open') return
  if (role === undefined) {
    const what = principal === nobody ? 'this needs a token' : 'the token that came is none of ORDERMILL_TOKENS'
    throw new OrdermillError('UNAUTHENTICATED', `${what}: send Authorization: Bearer <token>, or log in`)
  }
  if (access === 'operator' && role !== 'operator') {
    throw new OrdermillError('FORBIDDEN', 'this changes state and needs an operator’s token; yours is a viewer’s')
  }
}
