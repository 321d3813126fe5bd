import type { Job } from '../../src/api/contract/jobs.ts'
import { formatAge, formatCount, formatRate } from './format.ts'
import type { Tone } from './labels.ts'

export const jobStates = {
  waiting: { tone: 'neutral', label: 'Waiting' },
  running: { tone: 'active', label: 'Running' },
  done: { tone: 'good', label: 'Done' },
  failed: { tone: 'bad', label: 'Failed' },
  cancelled: { tone: 'neutral', label: 'Cancelled' },
} as const satisfies Record<Job['state'], { tone: Tone; label: string }>

export const jobKinds = {
  redrive: 'Redrive',
  check: 'Full check',
  rebuild: 'Rebuild',
} as const satisfies Record<Job['kind'], string>

/** A check that is done may have found something: then it did not end well. */
export function jobTone({ state, differences = 0 }: Job): Tone {
  return state === 'done' && differences > 0 ? 'bad' : jobStates[state].tone
}

export function jobEnd(job: Job): Readonly<{ tone: 'good' | 'bad' | 'neutral'; title: string; detail: string }> {
  const tone = jobTone(job)
  return {
    tone: tone === 'good' || tone === 'bad' ? tone : 'neutral',
    title: `${jobKinds[job.kind]} ${jobStates[job.state].label.toLowerCase()}`,
    detail: job.detail || `${formatCount(job.done)} ${job.unit}`,
  }
}

/** `1,204 of 30,000 letters · 812/s · 35 s left`, as far as it is known. */
export function progressText({ done, total, unit, rate_per_second, seconds_left }: Job): string {
  const parts = [`${formatCount(done)}${total === null ? '' : ` of ${formatCount(total)}`} ${unit}`]
  if (rate_per_second > 0) parts.push(`${formatRate(rate_per_second)}/s`)
  if (seconds_left !== null && seconds_left >= 1) parts.push(`${formatAge(seconds_left * 1_000)} left`)
  return parts.join(' · ')
}
