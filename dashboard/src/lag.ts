import type { Tone } from './labels.ts'

type Lag = Readonly<{ lag_records: number; lag_seconds: number }>

/** Seconds, not records: a thousand records are nothing to a fast group. */
const busySecondsMax = 10
const behindSecondsMax = 60

export function lagTone({ lag_records, lag_seconds }: Lag): Tone {
  if (lag_seconds > behindSecondsMax) return 'bad'
  if (lag_seconds > busySecondsMax) return 'warning'
  return lag_records > 0 ? 'active' : 'good'
}

export function lagWords({ lag_records, lag_seconds }: Lag): string {
  if (lag_seconds > busySecondsMax) return 'Behind'
  return lag_records > 0 ? 'Working' : 'Up to date'
}
