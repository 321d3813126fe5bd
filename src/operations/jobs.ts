import { createHash, randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { encodeOperation, type JobSpec } from '../codec/operation-codec.ts'
import { OrdermillError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { OperationsLog } from './operations-log.ts'
import { isEnded, type Job } from './operations-state.ts'

export type JobsDeps = Readonly<{ log: Pick<Log, 'append'>; operations: OperationsLog; clock: () => number }>

/** `title` says what it does, in words and numbers. Sent again with the same key it is the same job. */
export type JobRequest = Readonly<{ principal: string; title: string; spec: JobSpec; key: string | undefined }>

/**
 * Durable when it resolves: it will be done, whatever is killed.
 *
 * @throws {OrdermillError} IDEMPOTENCY_KEY_REUSED when the key came with another request
 */
export async function requestJob({ log, operations, clock }: JobsDeps, request: JobRequest): Promise<Job> {
  const { principal, title, spec, key } = request
  const id = key === undefined ? randomUUID() : requestIdOf(principal, key)
  const known = (await operations.state()).jobs.get(id)
  if (known) return sameJob(known, spec)
  await log.append([encodeOperation({ kind: 'job', id, at_ms: clock(), principal, title, spec })])
  return findJob(operations, id)
}

/** The job ends before its next step. One that has ended stays as it is. */
export async function cancelJob(
  { log, operations, clock }: JobsDeps,
  { id, principal }: Readonly<{ id: string; principal: string }>,
): Promise<Job> {
  const job = await findJob(operations, id)
  if (isEnded(job)) return job
  await log.append([encodeOperation({ kind: 'cancel', id, at_ms: clock(), principal })])
  return findJob(operations, id)
}

/** @throws {OrdermillError} NOT_FOUND */
export async function findJob(operations: OperationsLog, id: string): Promise<Job> {
  const job = (await operations.state()).jobs.get(id)
  if (job) return job
  throw new OrdermillError('NOT_FOUND', `there is no job ${id}: GET /api/v1/jobs lists those that are remembered`)
}

function sameJob(job: Job, spec: JobSpec): Job {
  if (isDeepStrictEqual(job.spec, spec)) return job
  throw new OrdermillError(
    'IDEMPOTENCY_KEY_REUSED',
    `this Idempotency-Key came with another request, which is job ${job.id}: use a new key for a new job`,
  )
}

/** The id of what `principal` asks for with `key`. */
export function requestIdOf(principal: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([principal, key]))
    .digest('hex')
    .slice(0, 32)
}
