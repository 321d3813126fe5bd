import type { CheckSpec } from '../codec/operation-codec.ts'
import { checkStep } from './check.ts'
import type { CheckDeps } from './check-state.ts'
import type { JobStep } from './run-operations.ts'

/** Scratches of jobs are named by them. */
export function checkScratch(jobId: string): string {
  return `check-${jobId}`
}

/** All that a check knows is in its scratch: where that is gone, as on another machine, it begins again. */
export function checkJob(deps: CheckDeps): JobStep<CheckSpec> {
  return async ({ id, spec }, _at, signal) => {
    const { progress, isDone, differences } = await checkStep(deps, { name: checkScratch(id), spec }, signal)
    const rest = isDone ? { cursor: undefined, differences } : { cursor: progress.detail }
    return { outputs: [], progress, ...rest }
  }
}
