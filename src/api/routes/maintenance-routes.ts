import type { CheckSpec, RebuildSpec } from '../../codec/operation-codec.ts'
import { OrdermillError } from '../../errors.ts'
import { findJob } from '../../operations/jobs.ts'
import { requestMaintenance } from '../../operations/maintenance.ts'
import { problems, type App } from '../app.ts'
import { differencePage, job, jobParams, jobsQuery, postJobBody, type PostJob } from '../contract/jobs.ts'
import { jobView } from '../jobs-view.ts'
import { optionalTime, pageOf } from '../query.ts'

type Deps = Parameters<typeof requestMaintenance>[0]

/** Checks and rebuilds, which are long. */
export function maintenanceRoutes(app: App, deps: Deps): void {
  const tags = ['operations']
  const post = {
    operationId: 'postJob',
    summary: 'Compares the store with the log, or makes the read model again from it; one at a time',
    description:
      'BEGINNING_GONE says which topic and partition does not reach back to its beginning any more. With an ' +
      'Idempotency-Key a repeated request is the same job.',
    tags,
    body: postJobBody,
    response: { 202: job, ...problems },
  }
  app.post('/api/v1/jobs', { schema: post, config: { access: 'operator' } }, async (request, reply) => {
    const key = request.headers['idempotency-key']
    const found = await requestMaintenance(deps, {
      principal: request.caller.principal,
      spec: specOf(request.body),
      key: typeof key === 'string' && key !== '' ? key : undefined,
    })
    return reply.code(202).header('location', `/api/v1/jobs/${found.id}`).send(jobView(found))
  })

  const differences = {
    operationId: 'listDifferences',
    summary: 'What a check found, order by order: the first 1,000, and none of long ago',
    tags,
    params: jobParams,
    querystring: jobsQuery,
    response: { 200: differencePage, ...problems },
  }
  app.get(
    '/api/v1/jobs/:id/differences',
    { schema: differences, config: { access: 'viewer' } },
    async ({ params, query }) => {
      const { limit, cursor = '0' } = pageOf(query)
      const from = indexOf(cursor)
      const all = (await findJob(deps.operations, params.id)).differences
      const next = from + limit < all.length ? String(from + limit) : null
      return { items: all.slice(from, from + limit), next_cursor: next }
    },
  )
}

function specOf(body: PostJob): CheckSpec | RebuildSpec {
  if (body.kind === 'rebuild') return { kind: 'rebuild' }
  const { kind, service, from_offset, to_offset, from, to } = body
  const [from_ms, to_ms] = [optionalTime('from', from), optionalTime('to', to)]
  return {
    kind,
    ...(service === undefined ? {} : { service }),
    ...(from_offset === undefined ? {} : { from_offset }),
    ...(to_offset === undefined ? {} : { to_offset }),
    ...(from_ms === undefined ? {} : { from_ms }),
    ...(to_ms === undefined ? {} : { to_ms }),
  }
}

function indexOf(cursor: string): number {
  if (/^\d{1,6}$/.test(cursor)) return Number(cursor)
  throw new OrdermillError('REQUEST_INVALID', 'the cursor does not belong to this list: start again without a cursor')
}
