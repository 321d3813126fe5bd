import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Access, Caller } from './access.ts'
import { problem } from './contract.ts'
import { problemType } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Called by the host's address, by whoever probes it. */
    isProbe?: boolean
    /** Lasts as long as its client: its duration says nothing. */
    isLongLived?: boolean
  }
  interface FastifyRequest {
    caller: Caller
  }
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

const problemResponse = (description: string) => ({ description, content: { [problemType]: { schema: problem } } })

/** What every route may answer besides its own. */
export const problems = {
  '4xx': problemResponse('The request can not be answered as it is'),
  '5xx': problemResponse('The server, its log or its store can not answer now'),
}
