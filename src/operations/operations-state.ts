import type { Difference, JobProgress, JobSpec, Operation, OperationOf } from '../codec/operation-codec.ts'

export type Job = Readonly<{
  id: string
  title: string
  principal: string
  spec: JobSpec
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  isCancelRequested: boolean
  requestedAtMs: number
  /** When its first step was done: rates count from there. */
  startedAtMs: number | undefined
  updatedAtMs: number
  progress: JobProgress
  /** Of a check that ended; of the newest ones alone. */
  differences: readonly Difference[]
  /** Where the next step goes on; undefined before the first. */
  cursor: string | undefined
}>

/** A decision about a payment that came with an Idempotency-Key. */
export type KeyedDecision = Readonly<{ request: string; atMs: number }>

/** What the operations topic comes to. Jobs are in the order in which they were asked for, decisions too. */
export type OperationsState = Readonly<{
  jobs: ReadonlyMap<string, Job>
  pausedGroups: ReadonlySet<string>
  decisions: ReadonlyMap<string, KeyedDecision>
}>

export const noOperations: OperationsState = { jobs: new Map(), pausedGroups: new Set(), decisions: new Map() }

/** Decisions whose keys are remembered; the oldest are forgotten first. */
const decisionsMax = 1_000

/** Jobs that are remembered; the oldest that have ended are forgotten first. */
const jobsMax = 1_000

const nothingDone: JobProgress = { done: 0, total: null, unit: '', detail: '' }

export function isEnded({ state }: Pick<Job, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

/** The state after one more record of the topic. */
export function applyOperation(before: OperationsState, operation: Operation): OperationsState {
  switch (operation.kind) {
    case 'action':
      return {
        ...before,
        pausedGroups: pausedAfter(before, operation),
        decisions: decisionsAfter(before, operation),
      }
    case 'job':
      return { ...before, jobs: withJob(before.jobs, jobOf(operation)) }
    case 'cancel':
      return changed(before, operation.id, (job) => ({ ...job, isCancelRequested: true }))
    case 'step':
      return changed(before, operation.id, (job) => ({
        ...job,
        state: 'running',
        startedAtMs: job.startedAtMs ?? operation.at_ms,
        updatedAtMs: operation.at_ms,
        progress: operation.progress,
        cursor: operation.cursor,
      }))
    case 'end':
      return withoutOldDifferences(
        changed(before, operation.id, (job) => ({
          ...job,
          state: operation.outcome,
          updatedAtMs: operation.at_ms,
          progress: operation.progress,
          differences: operation.differences ?? [],
        })),
      )
    default:
      return operation satisfies never
  }
}

function pausedAfter(
  { pausedGroups }: OperationsState,
  { action, group }: Readonly<{ action: string; group?: string }>,
): ReadonlySet<string> {
  if (group === undefined) return pausedGroups
  const groups = new Set(pausedGroups)
  if (action === 'pause') groups.add(group)
  if (action === 'resume') groups.delete(group)
  return groups
}

/** The first one stands: where two processes were asked at one moment, there may be two. */
function decisionsAfter(
  { decisions }: OperationsState,
  { id, request, at_ms: atMs }: Pick<OperationOf<'action'>, 'id' | 'request' | 'at_ms'>,
): OperationsState['decisions'] {
  if (request === undefined || decisions.has(id)) return decisions
  return new Map([...decisions, [id, { request, atMs }] as const].slice(-decisionsMax))
}

function jobOf({ id, title, principal, spec, at_ms }: Extract<Operation, { kind: 'job' }>): Job {
  return {
    id,
    title,
    principal,
    spec,
    state: 'waiting',
    isCancelRequested: false,
    requestedAtMs: at_ms,
    startedAtMs: undefined,
    updatedAtMs: at_ms,
    progress: nothingDone,
    differences: [],
    cursor: undefined,
  }
}

/** A thousand differences of a job are some hundred kilobytes. */
const jobsWithDifferencesMax = 10

function withoutOldDifferences(state: OperationsState): OperationsState {
  const known = [...state.jobs.values()].filter(({ differences }) => differences.length > 0)
  if (known.length <= jobsWithDifferencesMax) return state
  const jobs = new Map(state.jobs)
  for (const job of known.slice(0, -jobsWithDifferencesMax)) jobs.set(job.id, { ...job, differences: [] })
  return { ...state, jobs }
}

/** A request that was sent twice is one job. */
function withJob(jobs: OperationsState['jobs'], job: Job): OperationsState['jobs'] {
  if (jobs.has(job.id)) return jobs
  const all = new Map(jobs).set(job.id, job)
  const forgotten = all.size > jobsMax ? [...all.values()].find(isEnded) : undefined
  if (forgotten) all.delete(forgotten.id)
  return all
}

/** What comes after the end of a job changes it no more. */
function changed(before: OperationsState, id: string, change: (job: Job) => Job): OperationsState {
  const job = before.jobs.get(id)
  if (!job || isEnded(job)) return before
  return { ...before, jobs: new Map(before.jobs).set(id, change(job)) }
}
