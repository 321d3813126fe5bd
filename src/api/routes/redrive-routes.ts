import type { OrderRules } from '../../operations/judge-letter.ts'
import { isRedriven, leftOutOutcomes, previewRedrive, type Preview } from '../../operations/redrive-preview.ts'
import type { RedriveRules } from '../../operations/redrivable.ts'
import { requestRedrive } from '../../operations/request-redrive.ts'
import type { JobsDeps } from '../../operations/jobs.ts'
import { problems, type App } from '../app.ts'
import type { ServerDeps } from '../deps.ts'
import { keyedHeaders } from '../contract.ts'
import { job } from '../contract/jobs.ts'
import { previewLettersMax, redriveBody, redrivePreview, type RedrivePreview } from '../contract/redrive.ts'
import { jobView } from '../jobs-view.ts'
import { redriveSpecOf } from '../redrive-request.ts'

type Deps = JobsDeps &
  Readonly<{ log: Pick<ServerDeps['log'], 'append' | 'read'> }> &
  Pick<ServerDeps, 'store'> &
  Readonly<{ redrive: RedriveRules; orders: Omit<OrderRules, 'now'> }>

/** Dead letters go back to the groups that refused them. */
export function redriveRoutes(app: App, deps: Deps): void {
  const { clock, orders } = deps
  const tags = ['dead letters']

  const preview = {
    operationId: 'previewRedrive',
    summary: 'What redriving would do now; nothing is changed',
    tags,
    body: redriveBody,
    response: { 200: redrivePreview, ...problems },
  }
  app.post(
    '/api/v1/dead-letters/redrive/preview',
    { schema: preview, config: { access: 'operator' } },
    async ({ body }) =>
      previewView(
        await previewRedrive({ ...deps, orders: { ...orders, now: clock } }, redriveSpecOf(body), previewLettersMax),
      ),
  )

  const redrive = {
    operationId: 'redrive',
    summary: 'Sends dead letters, or an edited copy of one, to the groups that refused them, as a job',
    description: 'One redrive at a time. With `Idempotency-Key` the same request may be sent again and is one job.',
    tags,
    body: redriveBody,
    headers: keyedHeaders,
    response: { 202: job, ...problems },
  }
  app.post(
    '/api/v1/dead-letters/redrive',
    { schema: redrive, config: { access: 'operator' } },
    async ({ body, headers, caller: { principal } }, reply) => {
      const key = headers['idempotency-key']
      const asked = await requestRedrive(deps, { principal, key, spec: redriveSpecOf(body) })
      return reply.code(202).header('location', `/api/v1/jobs/${asked.id}`).send(jobView(asked))
    },
  )
}

function previewView({ letters, hasMore }: Preview): RedrivePreview {
  const countOf = (wanted: string): number => letters.filter(({ outcome }) => outcome === wanted).length
  const groups = Map.groupBy(letters.filter(isRedriven), ({ group }) => group)
  return {
    matching: letters.length,
    more: hasMore,
    quarantined: countOf(leftOutOutcomes.quarantined),
    redriven: countOf(leftOutOutcomes.redriven),
    not_redrivable: countOf(leftOutOutcomes.other),
    groups: [...groups].map(([group, own]) => ({
      group,
      topic: own[0]?.topic ?? '',
      letters: own.length,
      outcomes: Object.fromEntries(
        [...Map.groupBy(own, ({ outcome }) => outcome)].map(([outcome, same]) => [outcome, same.length]),
      ),
    })),
    letters: letters.map(({ id, group, outcome, detail }) => ({ id, group, outcome, detail })),
  }
}
