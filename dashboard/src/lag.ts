import { formatRate } from './format.ts'
import type { Tone } from './labels.ts'

type Lag = Readonly<{ lag_records: number; lag_seconds: number; paused?: boolean; stuck?: boolean }>

/** Seconds, not records: a thousand records are nothing to a fast group. */
const busySecondsMax = 10
const behindSecondsMax = 60

export function lagTone({ lag_records, lag_seconds, paused, stuck }: Lag): Tone {
  if (paused) return 'warning'
  if (stuck) return 'bad'
  if (lag_seconds > behindSecondsMax) return 'bad'
  if (lag_seconds > busySecondsMax) return 'warning'
  return lag_records > 0 ? 'active' : 'good'
}

export function lagWords({ lag_records, lag_seconds, paused, stuck }: Lag): string {
  if (paused) return 'Paused'
  if (stuck) return 'Stuck'
  if (lag_seconds > busySecondsMax) return 'Behind'
  return lag_records > 0 ? 'Working' : 'Up to date'
}

/** Growing or shrinking slower than this is noise. */
const steadyPerSecondMax = 0.5

export function trendWords(perSecond: number): string {
  if (Math.abs(perSecond) < steadyPerSecondMax) return 'steady'
  return `${perSecond > 0 ? '+' : '−'}${formatRate(Math.abs(perSecond))}/s`
}
