import type { Look } from '../operations/reconciler.ts'
import type { ReconciliationState } from './contract/reconciliation.ts'
import { reconciliationState } from './reconciliation-view.ts'

const unknownYet: ReconciliationState = { state: 'in-flight', summary: '', in_flight: 0 }

/** Whether all is accounted for, for the stream; the same object comes back until something in it has changed. */
export function reconciliationSampler(look: Look, everyMs: number): () => Promise<ReconciliationState> {
  let sampled: Readonly<{ atMs: number; state: ReconciliationState }> | undefined

  async function sample(last: ReconciliationState): Promise<ReconciliationState> {
    try {
      return reconciliationState(await look())
    } catch (error) {
      // Totals go on while the log does not answer; what was bad is not well for that.
      const reason = error instanceof Error ? error.message : String(error)
      return { ...last, summary: `Not known now: ${reason}` }
    }
  }

  return async () => {
    const atMs = performance.now()
    if (sampled && atMs - sampled.atMs < everyMs) return sampled.state
    const last = sampled?.state ?? unknownYet
    const state = await sample(last)
    sampled = { atMs, state: JSON.stringify(state) === JSON.stringify(last) ? last : state }
    return sampled.state
  }
}
