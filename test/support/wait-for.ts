import { setTimeout } from 'node:timers/promises'

const deadlineMs = 30_000
const pauseMs = 5

/** Resolves as soon as `condition` holds; rejects, naming `what`, when that takes longer than any machine should need. */
export async function waitFor(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`)
    await setTimeout(pauseMs)
  }
}
