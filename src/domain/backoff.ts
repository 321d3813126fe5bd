/** `baseMs` 1 or more; `maxMs` bounds a single pause. */
export type Backoff = Readonly<{ baseMs: number; maxMs: number }>

/**
 * How long to pause before retry number `attempt` (1 for the first): exponential, with full jitter so that those who
 * failed together do not come back together.
 *
 * @param random uniform in [0, 1)
 * @see Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
 */
export function backoffMs({ baseMs, maxMs }: Backoff, attempt: number, random: number): number {
  const doublingsMax = 30
  return Math.floor(random * Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, doublingsMax)))
}
