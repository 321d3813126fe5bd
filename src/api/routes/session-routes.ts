import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { OrdermillError } from '../../errors.ts'
import { identify, sessionCookie, type Caller } from '../access.ts'
import { problems, type App } from '../app.ts'
import { session, sessionBody, type Session } from '../contract.ts'
import type { Token } from '../deps.ts'

type Deps = Readonly<{ tokens: readonly Token[]; loginsPerMinuteMax: number }>

const path = '/api/v1/session'

/** The page's log-in. The cookie holds the token itself, so that nothing is to be kept here and a restart logs nobody out. */
export function sessionRoutes(app: App, { tokens, loginsPerMinuteMax }: Deps): void {
  const view = ({ role }: Caller): Session => ({ role: role ?? null, tokens_required: tokens.length > 0 })
  const tags = ['session']
  const response = { 200: session, ...problems }

  const show = { operationId: 'getSession', summary: 'The role of the caller', tags, response }
  app.get(path, { schema: show, config: { access: 'open' } }, ({ caller }) => view(caller))

  const logIn = {
    operationId: 'logIn',
    summary: 'Keeps a token in a cookie of the page',
    tags,
    body: sessionBody,
    response,
  }
  const rateLimit = { max: loginsPerMinuteMax, timeWindow: '1 minute' }
  app.post(path, { schema: logIn, config: { access: 'open', rateLimit } }, ({ body, protocol }, reply) => {
    const caller = identify(tokens, body.token)
    // Half a surrogate has no percent-encoding, so that no cookie can hold it.
    if (caller.role === undefined || !body.token.isWellFormed())
      throw new OrdermillError('UNAUTHENTICATED', 'this token is not known: check it')
    setCookie(reply, encodeURIComponent(body.token), { isSecure: protocol === 'https', ageSeconds: yearSeconds })
    return view(caller)
  })

  const logOut = {
    operationId: 'logOut',
    summary: 'Forgets the token',
    tags,
    response: { 204: Type.Null(), ...problems },
  }
  app.delete(path, { schema: logOut, config: { access: 'open' } }, async ({ protocol }, reply) => {
    setCookie(reply, '', { isSecure: protocol === 'https', ageSeconds: 0 })
    return reply.code(204).send(null)
  })
}

const yearSeconds = 31_536_000

function setCookie(reply: FastifyReply, value: string, options: { isSecure: boolean; ageSeconds: number }): void {
  const { isSecure, ageSeconds } = options
  const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${ageSeconds}${isSecure ? '; Secure' : ''}`
  void reply.header('set-cookie', `${sessionCookie}=${value}; ${attributes}`)
}
