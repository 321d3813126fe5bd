import type { Look } from '../operations/reconciler.ts'
import { differencesByGroup, type Reconciliation } from '../operations/reconciliation.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'

export type ReconciliationWatch = Readonly<{ stop: () => Promise<void> }>

type WatchDeps = Readonly<{
  look: Look
  logger: Pick<Logger, 'error' | 'warn'>
  metrics: Pick<Metrics, 'reconciled'>
  sleep: (durationMs: number, signal: AbortSignal) => Promise<void>
}>

/** An alarm that comes so late is still one; a look costs what there are partitions. */
const everyMs = 5_000

/**
 * The alarm: looks again and again, and writes one line when something stops adding up and one when it is well again.
 * Health is another matter: a system that miscounts must go on answering.
 */
export function watchReconciliation({ look, logger, metrics, sleep }: WatchDeps): ReconciliationWatch {
  const end = new AbortController()
  let wasBad = false

  async function once(): Promise<void> {
    // Whoever is away is reported by its own health.
    const found = await look().catch(() => undefined)
    metrics.reconciled(found && { state: found.state, differences: differencesByGroup(found) })
    if (!found || (found.state === 'bad') === wasBad) return
    wasBad = !wasBad
    if (wasBad) logger.error(wordsOf(found), 'reconciliation failed: something does not add up')
    else logger.warn({ summary: found.summary }, 'reconciliation is well again')
  }

  async function run(): Promise<void> {
    while (!end.signal.aborted) {
      await once()
      await sleep(everyMs, end.signal)
    }
  }

  const running = run()
  return {
    stop() {
      end.abort()
      return running
    },
  }
}

function wordsOf({ summary, checks }: Reconciliation) {
  return { summary, failed: checks.filter(({ state }) => state === 'bad') }
}
