import type { Config } from '../config.ts'
import { checkJob, checkScratch } from '../operations/check-job.ts'
import type { Job } from '../operations/operations-state.ts'
import { forgetRebuild, rebuildJob } from '../operations/rebuild.ts'
import type { JobSteps } from '../operations/run-operations.ts'
import type { Log } from '../ports/log.ts'
import type { OrderStore } from '../ports/order-store.ts'
import { checkDeps } from './check.ts'
import { openScratches } from './scratches.ts'

/** Steps of the jobs that run services again, and what removes their scratch when they have ended. */
export function maintenanceSteps(
  config: Config,
  { log, store }: Readonly<{ log: Log; store: OrderStore }>,
): Readonly<{ steps: Pick<JobSteps, 'check' | 'rebuild'>; tidy: (job: Job) => Promise<void> }> {
  const deps = { ...checkDeps(config, { log, store }, openScratches(config)), store }
  return {
    steps: { check: checkJob(deps), rebuild: rebuildJob(deps) },
    async tidy({ id, spec }) {
      if (spec.kind === 'check') await deps.scratches.remove(checkScratch(id))
      if (spec.kind === 'rebuild') await forgetRebuild(deps, id)
    },
  }
}
