import { setTimeout } from 'node:timers/promises'

const deadlineMs = 90_000
/** A short wait ends at once. A long one asks less and less often, as asking may cost the processor that is waited for. */
const pauseMsMin = 5
const pauseMsMax = 100
const pausePerWait = 0.05

/** Resolves as soon as `condition` holds; rejects, naming `what`, when that takes longer than any machine should need. */
export async function waitFor(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const beganMs = performance.now()
  while (!(await condition())) {
    const waitedMs = performance.now() - beganMs
    if (waitedMs > deadlineMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`)
    await setTimeout(Math.min(pauseMsMax, Math.max(pauseMsMin, pausePerWait * waitedMs)))
  }
}
