import { operationsLog } from '../../src/operations/operations-log.ts'
import type { RedriveSpec } from '../../src/codec/operation-codec.ts'
import { findJob } from '../../src/operations/jobs.ts'
import { isEnded, type Job } from '../../src/operations/operations-state.ts'
import { previewRedrive, type Preview } from '../../src/operations/redrive-preview.ts'
import { redriveStep } from '../../src/operations/redrive.ts'
import { requestRedrive } from '../../src/operations/request-redrive.ts'
import { runOperations, type StepResult } from '../../src/operations/run-operations.ts'
import type { StoredDeadLetter } from '../../src/ports/order-queries.ts'
import { defaultFraudRules } from '../../src/domain/fraud.ts'
import { openRig, serviceNames, type Rig, type RigOptions } from './pipeline-rig.ts'

export type RedriveAsked = Partial<Omit<RedriveSpec, 'kind'>>

export type RedriveRig = Rig &
  Readonly<{
    /** All services until they have read everything. */
    settle: () => Promise<void>
    request: (asked: RedriveAsked) => Promise<Job>
    /** Asks for a redrive and runs everything until it has ended and its records are read. */
    redrive: (asked: RedriveAsked) => Promise<Job>
    /** Its steps one by one, whose outputs are for the caller to append. */
    begin: (asked: RedriveAsked) => (cursor: string | undefined) => Promise<StepResult>
    preview: (asked: RedriveAsked, lettersMax?: number) => Promise<Preview>
    letters: (group: string) => Promise<readonly StoredDeadLetter[]>
    /** Letters that are open, whoever refused them. */
    open: () => Promise<readonly StoredDeadLetter[]>
  }>

/** Services and operations of one process, with what an operator asks of them. */
export async function openRedriveRig(
  options: RigOptions & Readonly<{ redrivesMax?: number; clock?: () => number }> = {},
): Promise<RedriveRig> {
  const rig = await openRig(options)
  const { log, store } = rig
  const { policy = 'all', reuse = 'refuse', rules = defaultFraudRules, redrivesMax = 3, clock = Date.now } = options
  const redrive = { topic: 'orders', redrivesMax }
  const operations = operationsLog(log)
  const settle = () => rig.run(...serviceNames)
  const request = (asked: RedriveAsked) => {
    const deps = { log, store, operations, clock, redrive }
    return requestRedrive(deps, { principal: 'loopback', key: undefined, spec: specOf(asked) })
  }
  return {
    ...rig,
    settle,
    request,
    async redrive(asked) {
      const { id } = await request(asked)
      const end = new AbortController()
      const steps = { redrive: redriveStep({ ...redrive, log, store, operations, clock }) }
      const running = runOperations({ log, steps, now: Date.now, onFailed: () => {} }, end.signal)
      while (!isEnded(await findJob(operations, id))) await settle()
      end.abort()
      await running
      await settle()
      return findJob(operations, id)
    },
    preview: (asked, lettersMax = 1_000) =>
      previewRedrive(
        { log, store, redrive, orders: { policy, reuse, fraud: rules, now: clock } },
        specOf(asked),
        lettersMax,
      ),
    begin(asked) {
      const step = redriveStep({ ...redrive, log, store, operations, clock })
      // By a clock that is ahead: all that is logged meanwhile is older than the request.
      const job = { id: 'job', principal: 'loopback', requestedAtMs: Date.now() + 3_600_000, spec: specOf(asked) }
      const progress = { done: 0, total: null, unit: '', detail: '' }
      const { signal } = new AbortController()
      return (cursor) => step(job, { cursor, progress }, signal)
    },
    letters: async (group) => (await store.searchDeadLetters({ limit: 10_000, group })).items,
    open: async () => (await store.searchDeadLetters({ limit: 10_000, state: 'open' })).items,
  }
}

function specOf(asked: RedriveAsked): RedriveSpec {
  return { kind: 'redrive', limit: 10_000, quarantined: false, ...(asked.ids ? {} : { filter: {} }), ...asked }
}
