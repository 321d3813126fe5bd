import { isEnded, type Job as KnownJob } from '../operations/operations-state.ts'
import type { AuditEntry as KnownEntry } from '../operations/audit.ts'
import type { AuditEntry } from './contract/audit.ts'
import type { Job } from './contract/jobs.ts'
import { isoTime } from './views.ts'

export function jobView(job: KnownJob): Job {
  const { id, spec, title, state, principal, progress } = job
  const { done, total, unit, detail, differences } = progress
  const rate = rateOf(job)
  return {
    id,
    kind: spec.kind,
    title,
    state,
    requested_by: principal,
    requested_at: isoTime(job.requestedAtMs),
    updated_at: isoTime(job.updatedAtMs),
    done,
    total,
    unit,
    rate_per_second: rate,
    seconds_left: state === 'running' && total !== null && rate > 0 ? Math.max(total - done, 0) / rate : null,
    detail: job.isCancelRequested && !isEnded(job) ? 'is being cancelled' : detail,
    ...(differences === undefined ? {} : { differences }),
  }
}

/** Over all of its time so far: steps differ too much for less. */
function rateOf({ requestedAtMs, updatedAtMs, progress }: KnownJob): number {
  const seconds = (updatedAtMs - requestedAtMs) / 1000
  return seconds > 0 ? progress.done / seconds : 0
}

export function auditView({ offset, operation }: KnownEntry): AuditEntry {
  const { at_ms, principal, kind } = operation
  const common = { offset, at: isoTime(at_ms), principal }
  switch (kind) {
    case 'action': {
      const { action, target, from, to, reason } = operation
      return { ...common, action, target, from, to, job: '', ...(reason !== undefined && { reason }) }
    }
    case 'job':
      return { ...common, action: operation.spec.kind, target: operation.title, from: '', to: '', job: operation.id }
    case 'cancel':
      return { ...common, action: 'cancel', target: 'the job', from: '', to: '', job: operation.id }
    default:
      return operation satisfies never
  }
}
