import type { FastifyReply } from 'fastify'
import { OrdermillError } from '../../errors.ts'
import { problems, type App } from '../app.ts'
import { acceptedOrders, postOrdersBody, keyedHeaders, postOrdersQuery, type AcceptedOrders } from '../contract.ts'
import type { Submission } from '../intake.ts'
import { textBody } from '../json-body.ts'
import { sendProblem } from '../problem.ts'
import type { VerdictReader } from '../verdicts.ts'
import { acceptAll, validatorCompiler } from '../validator.ts'
import type { Place, Waiters } from '../waiters.ts'

type Deps = Readonly<{
  submit: (submission: Submission) => Promise<AcceptedOrders>
  waiters: Waiters
  verdicts: VerdictReader
}>

const path = '/api/v1/orders'
const defaultWaitMs = 10_000

/** A plugin of its own, since the body stays text here: the codec is the one parser of orders, and keeps every digit. */
export function postOrderRoutes(app: App, { submit, waiters, verdicts }: Deps): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => textBody(body, done))
  const schema = {
    operationId: 'postOrders',
    summary: 'Takes in one order, or a batch of at most 1,000: durable in the log when it answers',
    description:
      'With `wait=analytics` it answers when the totals include the orders, or 504 WAIT_TIMEOUT with the accepted orders. ' +
      'An order that analytics refused has `counted: false` and the code why. ' +
      'With `Idempotency-Key` the same request may be sent again and counts once.',
    tags: ['orders'],
    body: postOrdersBody,
    querystring: postOrdersQuery,
    headers: keyedHeaders,
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
      const submission = { body, principal: caller.principal, key: headers['idempotency-key'] }
      if (query.wait === undefined) {
        const accepted = await submit(submission)
        return reply.code(202).header('location', locationOf(accepted)).send(accepted)
      }
      const waiting = { reply, waitMs: query.wait_ms ?? defaultWaitMs }
      const { accepted, waited } = await submitAndWait(submission, waiting)
      void reply.header('location', locationOf(accepted))
      if (waited.answer) return reply.code(202).send(waited.answer)
      return sendProblem(waited.error, request, reply, accepted)
    },
  )

  async function submitAndWait(submission: Submission, waiting: Waiting) {
    const place = waiters.takePlace()
    try {
      const accepted = await submit(submission)
      return { accepted, waited: await waitIn(place, accepted, waiting) }
    } finally {
      place.free()
    }
  }

  /** Whatever goes wrong here, the orders are accepted: it never throws. */
  async function waitIn(place: Place, accepted: AcceptedOrders, { reply, waitMs }: Waiting): Promise<Waited> {
    try {
      const isReached = await place.untilCounted(accepted.orders, giveUpSignal(reply, waitMs))
      if (!isReached) return { error: waitTimeout(accepted, waitMs) }
      const orders = await verdicts(accepted.orders)
      return { answer: { ...accepted, orders, counted: orders.every(({ counted }) => counted) } }
    } catch (error) {
      return { error }
    }
  }
}

type Waiting = Readonly<{ reply: FastifyReply; waitMs: number }>
type Waited = Readonly<{ answer: AcceptedOrders } | { answer?: undefined; error: unknown }>

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
