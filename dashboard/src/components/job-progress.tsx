import type { Job } from '../../../src/api/contract/jobs.ts'
import { useCancelJob } from '../api/operations.ts'
import { progressText } from '../job-words.ts'
import { ActionButton } from './action-button.tsx'
import { Refusal } from './refusal.tsx'

/** How far a job is, how fast it goes, how long it will take, and a way to stop it. */
export function JobProgress({ job }: { job: Job }) {
  const cancel = useCancelJob(job.id)
  const { done, total, title } = job
  return (
    // Figures that change each second are no news to be read out.
    <div className="progress" aria-live="off">
      <progress aria-label={title} {...(total === null ? {} : { value: done, max: Math.max(total, 1) })} />
      <span className="num muted progress-words">
        {job.state === 'waiting' ? 'Waiting to begin' : progressText(job)}
      </span>
      <ActionButton kind="small" unavailable={cancel.isPending ? 'Being cancelled' : undefined} onClick={cancel.mutate}>
        Cancel<span className="visually-hidden"> {title}</span>
      </ActionButton>
      <Refusal error={cancel.error} />
    </div>
  )
}
