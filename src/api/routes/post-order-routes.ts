import type { FastifyReply } from 'fastify'
import { OrdermillError } from '../../errors.ts'
import { problems, type App } from '../app.ts'
import { acceptedOrders, postOrdersBody, postOrdersHeaders, postOrdersQuery, type AcceptedOrders } from '../contract.ts'
import type { Submission } from '../intake.ts'
import { textBody } from '../json-body.ts'
import { sendProblem } from '../problem.ts'
import { acceptAll, validatorCompiler } from '../validator.ts'
import type { Waiters } from '../waiters.ts'

type Deps = Readonly<{ submit: (submission: Submission) => Promise<AcceptedOrders>; waiters: Waiters }>

const path = '/api/v1/orders'
const defaultWaitMs = 10_000

/** A plugin of its own, since the body stays text here: the codec is the one parser of orders, and keeps every digit. */
export function postOrderRoutes(app: App, { submit, waiters }: Deps): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => textBody(body, done))
  const schema = {
    operationId: 'postOrders',
    summary: 'Takes in one order, or a batch of at most 1,000: durable in the log when it answers',
    description:
      'With `wait=analytics` it answers when the totals include the orders, or 504 WAIT_TIMEOUT with the accepted orders. ' +
      'With `Idempotency-Key` the same request may be sent again and counts once.',
    tags: ['orders'],
    body: postOrdersBody,
    querystring: postOrdersQuery,
    headers: postOrdersHeaders,
    response: { 202: acceptedOrders, ...problems },
  }
  app.post(
    path,
    {
      schema,
      config: { access: 'operator' },
      validatorCompiler: (part) => (part.httpPart === 'body' ? acceptAll : validatorCompiler(part)),
    },
    async (request, reply) => {
      const { body, caller, headers, query } = request
      if (typeof body !== 'string') throw new OrdermillError('REQUEST_INVALID', 'the body is missing: send an order')
      const accepted = await submit({ body, principal: caller.principal, key: headers['idempotency-key'] })
      void reply.header('location', locationOf(accepted))
      if (query.wait === undefined) return reply.code(202).send(accepted)
      const waitMs = query.wait_ms ?? defaultWaitMs
      const isCounted = await waiters.untilCounted(accepted.orders, giveUpSignal(reply, waitMs))
      if (isCounted) return reply.code(202).send({ ...accepted, counted: true })
      return sendProblem(waitTimeout(accepted, waitMs), request, reply, accepted)
    },
  )
}

function locationOf({ orders }: AcceptedOrders): string {
  const [first, ...others] = orders
  return first && others.length === 0 ? `${path}/${first.order_id}` : path
}

function giveUpSignal({ raw }: FastifyReply, waitMs: number): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, AbortSignal.timeout(waitMs)])
}

function waitTimeout({ accepted }: AcceptedOrders, waitMs: number): OrdermillError {
  const message = `${accepted} orders are accepted and will count, but the totals did not include them within ${waitMs} ms`
  return new OrdermillError('WAIT_TIMEOUT', message)
}
