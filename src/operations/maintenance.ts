import { encodeOperation, type CheckSpec, type RebuildSpec } from '../codec/operation-codec.ts'
import { OrdermillError } from '../errors.ts'
import { planCheck, type PlanDeps } from './check-plan.ts'
import { requestIdOf, requestJob, type JobsDeps } from './jobs.ts'
import { isEnded, type Job, type OperationsState } from './operations-state.ts'
import { planRebuild } from './rebuild-plan.ts'

type Request = Readonly<{ principal: string; spec: CheckSpec | RebuildSpec; key: string | undefined }>

/**
 * Asks for a check or a rebuild, of which there is one at a time. What can't be done is refused at once.
 *
 * @throws {OrdermillError} STATE_CONFLICT, BEGINNING_GONE
 */
export async function requestMaintenance(deps: JobsDeps & PlanDeps, request: Request): Promise<Job> {
  const { operations, log, clock } = deps
  const { spec, principal, key } = request
  const state = await operations.state()
  const isKnown = key !== undefined && state.jobs.has(requestIdOf(principal, key))
  const active = underWay(state)
  // Before anything is written: what is refused may be asked for again with its key.
  if (active && !isKnown) throw conflict(active)
  if (spec.kind === 'check') await planCheck(deps, spec)
  else await planRebuild(deps)
  const job = await requestJob(deps, { ...request, title: titleOf(spec) })
  const first = underWay(await operations.state())
  if (!first || first.id === job.id || isEnded(job)) return job
  // Somebody asked at the same time, and was first in the log.
  await log.append([encodeOperation({ kind: 'cancel', id: job.id, at_ms: clock(), principal })])
  throw conflict(first)
}

/** The one that was asked for first. */
function underWay({ jobs }: OperationsState): Job | undefined {
  return [...jobs.values()].find((job) => job.spec.kind !== 'redrive' && !isEnded(job) && !job.isCancelRequested)
}

function conflict({ id, title }: Job): OrdermillError {
  return new OrdermillError(
    'STATE_CONFLICT',
    `job ${id} is under way (${title}): wait until it has ended, or cancel it; there is one check or rebuild at a time`,
  )
}

function titleOf(spec: CheckSpec | RebuildSpec): string {
  if (spec.kind === 'rebuild') return 'Make the read model again from the log'
  const { service, from_offset, to_offset, from_ms, to_ms } = spec
  const limits = [
    from_offset === undefined ? [] : [`from offset ${from_offset}`],
    to_offset === undefined ? [] : [`to offset ${to_offset}`],
    from_ms === undefined ? [] : [`from ${new Date(from_ms).toISOString()}`],
    to_ms === undefined ? [] : [`to ${new Date(to_ms).toISOString()}`],
  ].flat()
  return [service ? `Run ${service} again and compare` : 'Compare the store with the log', ...limits].join(', ')
}
