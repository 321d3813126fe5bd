import { setImmediate, setTimeout } from 'node:timers/promises'

/** All that an embedded log takes from its surroundings. With these replaced it is deterministic. */
export type Runtime = Readonly<{
  /** Milliseconds since the Unix epoch. */
  now: () => number
  /** Uniform in [0, 1). */
  random: () => number
  /** Resolves after `durationMs`, or as soon as `signal` aborts. */
  sleep: (durationMs: number, signal: AbortSignal) => Promise<void>
  /** Lets others run first. Writes that are requested meanwhile share one transaction. */
  defer: () => Promise<void>
}>

export const systemRuntime: Runtime = {
  now: Date.now,
  random: Math.random,
  sleep: async (durationMs, signal) => {
    try {
      await setTimeout(durationMs, undefined, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  },
  // Not a microtask: sockets and timers get their turn between two transactions.
  defer: () => setImmediate(),
}

/** 64 random bits in hexadecimal. */
export function randomId(random: () => number): string {
  const half = () => Math.floor(random() * 2 ** 32).toString(16)
  return half().padStart(8, '0') + half().padStart(8, '0')
}
