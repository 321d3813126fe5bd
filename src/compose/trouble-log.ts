import { OrdermillError } from '../errors.ts'
import type { Logger } from '../telemetry/logger.ts'

/** What goes wrong behind the calls of a log, and is tried again. */
export type Trouble = Readonly<{ group: string; error: unknown }>

const quietMs = 10_000
/** Troubles that differ in each line, as by a number in it, must not pile up here. */
const rememberedMax = 100

/** Logs troubles as warnings, the same one of a group once in ten seconds: a broker that is away fails every attempt. */
export function troubleLog(logger: Pick<Logger, 'warn'>, now: () => number): (trouble: Trouble) => void {
  const loggedAtMs = new Map<string, number>()
  return ({ group, error }) => {
    const words = wordsOf(error)
    const key = JSON.stringify([group, words])
    const atMs = now()
    if (atMs - (loggedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < quietMs) return
    loggedAtMs.delete(key)
    loggedAtMs.set(key, atMs)
    if (loggedAtMs.size > rememberedMax) loggedAtMs.delete(oldestOf(loggedAtMs))
    // Not the error itself: what a driver keeps in it is not ours to show.
    logger.warn({ group, ...words }, 'the log has trouble, tries again')
  }
}

function oldestOf(map: ReadonlyMap<string, number>): string {
  const [oldest = ''] = map.keys()
  return oldest
}

function wordsOf(error: unknown): Readonly<{ code?: string; reason: string }> {
  const reason = error instanceof Error ? error.message : String(error)
  return error instanceof OrdermillError ? { code: error.code, reason } : { reason }
}
