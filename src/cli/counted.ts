import { setTimeout } from 'node:timers/promises'
import { OrdermillError } from '../errors.ts'

/** Next offset by partition. */
export type Offsets = ReadonlyMap<number, number>

export type Counting = Readonly<{
  /** Where the input topic ends now. */
  ends: () => Promise<Offsets>
  /** What the totals include. */
  counted: () => Promise<Offsets>
}>

const pollMs = 50
/** The totals have not moved for so long: something is wrong that only the services' own log can tell. */
const stallMsMax = 60_000

/**
 * Resolves when the totals include everything that the input topic holds now.
 *
 * @throws {OrdermillError} WAIT_TIMEOUT when they stand still, INTERRUPTED
 */
export async function untilCounted({ ends, counted }: Counting, signal: AbortSignal): Promise<void> {
  const goal = await ends()
  let known = -1
  let movedAtMs = performance.now()
  for (;;) {
    const offsets = await counted()
    if ([...goal].every(([partition, end]) => (offsets.get(partition) ?? 0) >= end)) return
    const sum = [...offsets.values()].reduce((total, offset) => total + offset, 0)
    if (sum !== known) movedAtMs = performance.now()
    known = sum
    if (performance.now() - movedAtMs > stallMsMax) throw stalled()
    await setTimeout(pollMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) throw stopped()
  }
}

function stalled(): OrdermillError {
  return new OrdermillError(
    'WAIT_TIMEOUT',
    `every order is in the log, but the totals have not moved for ${stallMsMax / 1000} s: see the server’s log, or "ordermill doctor"`,
  )
}

function stopped(): OrdermillError {
  return new OrdermillError('INTERRUPTED', 'every order is in the log, but not all are counted: the next start goes on')
}
