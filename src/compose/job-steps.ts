import type { Config } from '../config.ts'
import { operationsLog } from '../operations/operations-log.ts'
import { redriveStep } from '../operations/redrive.ts'
import { runOperations, type JobSteps } from '../operations/run-operations.ts'
import type { Logger } from '../telemetry/logger.ts'
import { maintenanceSteps } from './maintenance.ts'
import type { Storage } from './storage.ts'

/** Its name among the services of a process. */
export const operationsService = 'operations'

/** Every kind of job that a process with log and store can do. */
function jobSteps(
  { log, store }: Pick<Storage, 'log' | 'store'>,
  { topic, redrivesMax }: Config,
  maintenance: Pick<JobSteps, 'check' | 'rebuild'>,
): JobSteps {
  return {
    redrive: redriveStep({ log, store, operations: operationsLog(log), clock: Date.now, topic, redrivesMax }),
    ...maintenance,
  }
}

/** Carries out jobs until `signal` aborts, beside whoever else does. */
export function runJobs(
  storage: Pick<Storage, 'log' | 'store'>,
  config: Config,
  logger: Logger,
): (signal: AbortSignal) => Promise<void> {
  const { steps, ...maintenance } = maintenanceSteps(config, storage)
  const deps = {
    ...maintenance,
    log: storage.log,
    steps: jobSteps(storage, config, steps),
    now: Date.now,
    onFailed: ({ id, title }: Readonly<{ id: string; title: string }>, error: unknown) =>
      logger.error({ job: id, title, err: error }, 'a job failed'),
  }
  return (signal) => runOperations(deps, signal)
}
