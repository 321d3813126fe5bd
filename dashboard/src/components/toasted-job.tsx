import { useEffect } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { isOver, useJob } from '../api/operations.ts'
import { jobEnd } from '../job-words.ts'
import type { Toast } from '../toast-list.ts'
import { JobProgress } from './job-progress.tsx'

/** A job that was asked for here: its progress, and then what came of it in the same toast. */
export function ToastedJob(props: { toast: Toast; job: string; onEnd: (toast: Toast) => void }) {
  const { toast, job: id, onEnd } = props
  const queryClient = useQueryClient()
  const { data: job } = useJob(id)
  const over = job !== undefined && isOver(job)
  useEffect(() => {
    if (!over) return
    const { job: _, ...told } = toast
    onEnd({ ...told, ...jobEnd(job) })
    void queryClient.invalidateQueries()
  }, [over, job, toast, onEnd, queryClient])
  return job && !over ? <JobProgress job={job} /> : null
}
