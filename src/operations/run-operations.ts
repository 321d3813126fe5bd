import {
  differencesNamedMax,
  encodeOperation,
  operationsTopic,
  type Difference,
  type JobProgress,
  type JobSpec,
  type OperationOf,
} from '../codec/operation-codec.ts'
import { operationsGroup } from '../codec/groups.ts'
import { hasCode, OrdermillError } from '../errors.ts'
import type { Batch, Log, LogRecord, NewRecord } from '../ports/log.ts'
import { operationOf, operationsLog } from './operations-log.ts'
import { isEnded, type Job } from './operations-state.ts'

/** What one step of a job came to: records to write with it, and where the next one goes on; no cursor: it was the last. */
export type StepResult = Readonly<{
  outputs: readonly NewRecord[]
  progress: JobProgress
  cursor: string | undefined
  /** Of a check, with its last step. */
  differences?: readonly Difference[]
}>

/**
 * One bounded piece of a job. What it returns and that it was done become visible together; when it rejects, or the process
 * is killed, the same step is done again, by whoever has the operations then.
 *
 * @throws {OrdermillError} a retryable one is tried again; any other ends the job as failed
 */
export type JobStep<Spec extends JobSpec> = (
  job: Readonly<{ id: string; principal: string; requestedAtMs: number; spec: Spec }>,
  at: Readonly<{ cursor: string | undefined; progress: JobProgress }>,
  signal: AbortSignal,
) => Promise<StepResult>

/** Of the kinds of job that this process knows how to do. */
export type JobSteps = Readonly<{ [Kind in JobSpec['kind']]?: JobStep<Extract<JobSpec, { kind: Kind }>> }>

export type OperationsDeps = Readonly<{
  log: Pick<Log, 'read' | 'transform'>
  steps: JobSteps
  now: () => number
  onFailed: (job: Job, error: unknown) => void
  /** Whether the effect of a job is there, and only its end is not written: then it is done, and not cancelled any more. */
  hasTakenEffect?: (job: Job) => Promise<boolean>
  /** Removes what a job keeps outside of the log; called before its end is written, perhaps more than once. */
  tidy?: (job: Job) => Promise<void>
}>

/** A job with an edited letter is the largest record there is. */
const batchBytesMax = 4 * 1024 * 1024

/**
 * Carries out jobs, one step a record, as a member of the operations group until `signal` aborts. Each step writes the record
 * that leads to the next, so that jobs take turns and the log alone knows how far each is. A job fails whose step makes a
 * record that its topic does not take: it would else end the jobs of everybody, at every start again.
 */
export async function runOperations(deps: OperationsDeps, signal: AbortSignal): Promise<void> {
  const operations = operationsLog(deps.log)
  const refused = new Map<string, OrdermillError>()
  let current: string | undefined
  const subscription = { group: operationsGroup, topics: [operationsTopic], recordsMax: 1, bytesMax: batchBytesMax }

  async function outputsOf(record: LogRecord, batch: Batch): Promise<readonly NewRecord[]> {
    const operation = operationOf(record)
    if (operation?.kind !== 'job' && operation?.kind !== 'step') return []
    const job = (await operations.state()).jobs.get(operation.id)
    if (!job || isEnded(job)) return []
    // A request that was sent twice, and has begun.
    if (operation.kind === 'job' && job.state !== 'waiting') return []
    current = job.id
    const reason = refused.get(job.id)
    return reason ? failed(deps, job, reason) : stepped(deps, job, batch.signal)
  }

  async function outputsOfBatch(batch: Batch): Promise<readonly NewRecord[]> {
    current = undefined
    const outputs: NewRecord[] = []
    for (const record of batch.slices.flatMap(({ records }) => records)) {
      outputs.push(...(await outputsOf(record, batch)))
    }
    return outputs
  }

  for (;;) {
    try {
      return await deps.log.transform(subscription, outputsOfBatch, signal)
    } catch (error) {
      if (!hasCode(error, 'RECORD_TOO_LARGE') || current === undefined || refused.has(current)) throw error
      refused.set(current, error)
    }
  }
}

async function stepped(deps: OperationsDeps, job: Job, signal: AbortSignal): Promise<readonly NewRecord[]> {
  const { now } = deps
  if (job.isCancelRequested && !(await deps.hasTakenEffect?.(job))) {
    return ended(deps, job, { outcome: 'cancelled', progress: job.progress })
  }
  try {
    const { outputs, cursor, ...result } = await step(deps.steps, job, signal)
    const { progress } = result
    if (cursor === undefined) return [...outputs, ...(await ended(deps, job, { outcome: 'done', ...result }))]
    return [...outputs, encodeOperation({ kind: 'step', id: job.id, at_ms: now(), progress, cursor })]
  } catch (error) {
    if (signal.aborted || (error instanceof OrdermillError && error.retryable)) throw error
    return failed(deps, job, error)
  }
}

function failed(deps: OperationsDeps, job: Job, error: unknown): Promise<readonly NewRecord[]> {
  deps.onFailed(job, error)
  return ended(deps, job, { outcome: 'failed', progress: { ...job.progress, detail: reasonOf(error) } })
}

async function step(steps: JobSteps, { spec, ...job }: Job, signal: AbortSignal): Promise<StepResult> {
  switch (spec.kind) {
    case 'redrive':
      return steps.redrive?.({ ...job, spec }, job, signal) ?? unknownKind(spec)
    case 'check':
      return steps.check?.({ ...job, spec }, job, signal) ?? unknownKind(spec)
    case 'rebuild':
      return steps.rebuild?.({ ...job, spec }, job, signal) ?? unknownKind(spec)
    default:
      return spec satisfies never
  }
}

function unknownKind({ kind }: JobSpec): never {
  throw new OrdermillError('INTERNAL', `this process can't do jobs of the kind ${kind}`)
}

type End = Pick<OperationOf<'end'>, 'outcome' | 'progress'> & Readonly<{ differences?: readonly Difference[] }>

async function ended(
  { tidy, now }: OperationsDeps,
  job: Job,
  { differences, ...end }: End,
): Promise<readonly NewRecord[]> {
  await tidy?.(job)
  const named = differences && { differences: differences.slice(0, differencesNamedMax) }
  return [encodeOperation({ kind: 'end', id: job.id, at_ms: now(), ...end, ...named })]
}

/** An error of another kind may quote what is not for every reader of the log. */
function reasonOf(error: unknown): string {
  return error instanceof OrdermillError
    ? `${error.code}: ${error.message}`
    : 'INTERNAL: a fault of Ordermill itself: look for this job in the log of the process that ran it'
}
