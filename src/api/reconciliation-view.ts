import type { Equation } from '../operations/equations.ts'
import type { Job, OperationsState } from '../operations/operations-state.ts'
import type { Reconciliation as Known } from '../operations/reconciliation.ts'
import type { Reconciliation, ReconciliationState } from './contract/reconciliation.ts'
import { isoTime } from './views.ts'

export function reconciliationView(
  { equations, checks, ...known }: Known,
  { jobs }: OperationsState,
  atMs: number,
): Reconciliation {
  return {
    ...reconciliationState(known),
    at: isoTime(atMs),
    order_count: known.orderCount,
    equations: equations.map(equationView),
    checks: [...checks],
    paid_cancelled: known.paidCancelled,
    paid_flagged: known.paidFlagged,
    cancelled_after_paid: known.cancelledAfterPaid,
    last_full: lastFull([...jobs.values()]),
  }
}

export function reconciliationState({
  state,
  summary,
  inFlight,
}: Pick<Known, 'state' | 'summary' | 'inFlight'>): ReconciliationState {
  return { state, summary, in_flight: inFlight }
}

function equationView({ shard, next, records, terms, difference, inFlight }: Equation) {
  const { group, topic, topicId, partition } = shard
  return {
    group,
    topic,
    topic_id: topicId,
    partition,
    next,
    records,
    terms: [...terms],
    difference,
    in_flight: inFlight,
  }
}

/** Of the checks that were done, the newest that compared everything. */
function lastFull(jobs: readonly Job[]): Reconciliation['last_full'] {
  const full = jobs.filter(({ state, spec }) => state === 'done' && isOfEverything(spec))
  const last = full.toSorted((a, b) => a.updatedAtMs - b.updatedAtMs).at(-1)
  if (!last) return null
  const { id, updatedAtMs, progress } = last
  return { job: id, at: isoTime(updatedAtMs), records: progress.done, differences: progress.differences ?? 0 }
}

function isOfEverything(spec: Job['spec']): boolean {
  return spec.kind === 'check' && Object.keys(spec).length === 1
}
