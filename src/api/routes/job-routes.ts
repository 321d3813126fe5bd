import { auditPage as readAudit } from '../../operations/audit.ts'
import { cancelJob, findJob, type JobsDeps } from '../../operations/jobs.ts'
import type { Log } from '../../ports/log.ts'
import { problems, type App } from '../app.ts'
import { auditPage, auditQuery } from '../contract/audit.ts'
import { noBody } from '../contract/schema.ts'
import { job, jobPage, jobParams, jobsQuery } from '../contract/jobs.ts'
import { OrdermillError } from '../../errors.ts'
import { auditView, jobView } from '../jobs-view.ts'
import { pageOf } from '../query.ts'

type Deps = JobsDeps & Readonly<{ log: Pick<Log, 'append' | 'read' | 'topics'> }>

/** What operators asked for, and what came of it. */
export function jobRoutes(app: App, deps: Deps): void {
  const { log, operations } = deps
  const tags = ['operations']

  const list = {
    operationId: 'listJobs',
    summary: 'Jobs, newest first',
    tags,
    querystring: jobsQuery,
    response: { 200: jobPage, ...problems },
  }
  app.get('/api/v1/jobs', { schema: list, config: { access: 'viewer' } }, async ({ query }) => {
    const { limit, cursor = '0' } = pageOf(query)
    const from = offsetOf(cursor)
    const newest = [...(await operations.state()).jobs.values()].toReversed()
    const items = newest.slice(from, from + limit).map(jobView)
    return { items, next_cursor: from + limit < newest.length ? String(from + limit) : null }
  })

  const find = {
    operationId: 'getJob',
    summary: 'How far a job is',
    tags,
    params: jobParams,
    response: { 200: job, ...problems },
  }
  app.get('/api/v1/jobs/:id', { schema: find, config: { access: 'viewer' } }, async ({ params }) =>
    jobView(await findJob(operations, params.id)),
  )

  const cancel = {
    operationId: 'cancelJob',
    summary: 'Ends a job before its next step; what it did stays',
    tags,
    params: jobParams,
    body: noBody,
    response: { 200: job, ...problems },
  }
  app.post('/api/v1/jobs/:id/cancel', { schema: cancel, config: { access: 'operator' } }, async ({ params, caller }) =>
    jobView(await cancelJob(deps, { id: params.id, principal: caller.principal })),
  )

  const audit = {
    operationId: 'listAudit',
    summary: 'Every change that somebody made, newest first',
    tags,
    querystring: auditQuery,
    response: { 200: auditPage, ...problems },
  }
  app.get('/api/v1/audit', { schema: audit, config: { access: 'viewer' } }, async ({ query }) => {
    const { entries, nextCursor } = await readAudit(log, pageOf(query))
    return { items: entries.map(auditView), next_cursor: nextCursor }
  })
}

function offsetOf(cursor: string): number {
  if (/^\d{1,6}$/.test(cursor)) return Number(cursor)
  throw new OrdermillError('REQUEST_INVALID', 'the cursor does not belong to this list: start again without a cursor')
}
