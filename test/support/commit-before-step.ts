import type { Batch, Log, NewRecord, Step } from '../../src/ports/log.ts'

/** A planted fault: offsets and nothing else are committed; then the step runs, and its outputs are appended. */
export function commitBeforeStep(log: Log): Log {
  return {
    ...log,
    transform(subscription, step, signal) {
      let earlier: Promise<unknown> = Promise.resolve()
      const careless: Step = (batch) => {
        earlier = earlier.then(() => runLater(step, batch, (outputs) => log.append(outputs)))
        return Promise.resolve([])
      }
      return log.transform(subscription, careless, signal)
    },
  }
}

async function runLater(
  step: Step,
  batch: Batch,
  append: (outputs: readonly NewRecord[]) => Promise<unknown>,
): Promise<void> {
  try {
    const outputs = await step(batch)
    if (outputs.length > 0) await append(outputs)
  } catch {
    // It is committed: nobody will ask again.
  }
}
