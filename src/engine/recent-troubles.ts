export type RecentTroubles = Readonly<{
  note: (trouble: Readonly<{ group: string; error: unknown }>) => void
  /** What went wrong last behind the calls of a log for the group, while it goes on doing so. */
  of: (group: string) => string | undefined
}>

/**
 * What is tried again in vain comes back every 12 s at the latest. Only the clock tells that it is over: an idle group has
 * nothing that could succeed.
 */
const freshMs = 15_000

export function recentTroubles(now: () => number): RecentTroubles {
  const lastOf = new Map<string, Readonly<{ reason: string; atMs: number }>>()
  return {
    note({ group, error }) {
      lastOf.set(group, { reason: error instanceof Error ? error.message : String(error), atMs: now() })
    },
    of(group) {
      const last = lastOf.get(group)
      return last && now() - last.atMs < freshMs ? last.reason : undefined
    },
  }
}
