/** A clock that moves when it is told to. */
export type ManualClock = Readonly<{ now: () => number; advance: (durationMs: number) => void }>

export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs
  return {
    now: () => nowMs,
    advance: (durationMs) => {
      nowMs += durationMs
    },
  }
}
