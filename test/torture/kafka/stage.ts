import { setTimeout } from 'node:timers/promises'
import type { Site } from './site.ts'

/** What every cause of faults has: the system that it disturbs, and how long it may. */
export type Stage = Readonly<{
  site: Site
  random: () => number
  /** Aborts when faults are to end. */
  calm: AbortSignal
  tell: (what: string) => void
  count: (fault: string) => void
  /** Somebody disturbs the brokers or the network, until the returned function is called. */
  disturb: () => () => void
  /** Whether somebody does, or did within so many milliseconds. */
  isDisturbed: (withinMs: number) => boolean
}>

/** Resolves early when faults are to end. */
export async function pause(durationMs: number, calm: AbortSignal): Promise<void> {
  await setTimeout(durationMs, undefined, { signal: calm }).catch(() => {})
}

/** Never keeps the program from ending. */
export function limit(durationMs: number): Promise<void> {
  return setTimeout(durationMs, undefined, { ref: false })
}
