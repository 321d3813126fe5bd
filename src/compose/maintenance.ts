import type { Config } from '../config.ts'
import { checkJob, checkScratch } from '../operations/check-job.ts'
import { forgetRebuild, hasSwitched, rebuildJob } from '../operations/rebuild.ts'
import type { JobSteps, OperationsDeps } from '../operations/run-operations.ts'
import type { Log } from '../ports/log.ts'
import type { OrderStore } from '../ports/order-store.ts'
import { checkDeps } from './check.ts'
import { openScratches } from './scratches.ts'

type Maintenance = Readonly<{ steps: Pick<JobSteps, 'check' | 'rebuild'> }> &
  Required<Pick<OperationsDeps, 'hasTakenEffect' | 'tidy'>>

/** Steps of the jobs that run services again, and what removes their scratch when they have ended. */
export function maintenanceSteps(
  config: Config,
  { log, store }: Readonly<{ log: Log; store: OrderStore }>,
): Maintenance {
  const deps = { ...checkDeps(config, { log, store }, openScratches(config)), store }
  return {
    steps: { check: checkJob(deps), rebuild: rebuildJob(deps) },
    hasTakenEffect: async ({ id, spec }) => spec.kind === 'rebuild' && hasSwitched(deps, id),
    async tidy({ id, spec }) {
      if (spec.kind === 'check') await deps.scratches.remove(checkScratch(id))
      if (spec.kind === 'rebuild') await forgetRebuild(deps, id)
    },
  }
}
