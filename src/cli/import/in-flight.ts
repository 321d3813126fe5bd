/** Tasks side by side, at most so many at once. */
export type InFlight = Readonly<{
  /** Resolves when the task has started. @throws what an earlier task rejected with */
  add: (task: () => Promise<void>) => Promise<void>
  /** Resolves when every task is done. @throws what the first one rejected with */
  settled: () => Promise<void>
}>

export function inFlight(tasksMax: number): InFlight {
  const running = new Set<Promise<void>>()
  let failure: Readonly<{ error: unknown }> | undefined
  const rethrow = (): void => {
    if (failure) throw failure.error
  }
  const watch = async (task: () => Promise<void>): Promise<void> => {
    try {
      await task()
    } catch (error) {
      failure ??= { error }
    }
  }
  return {
    async add(task) {
      while (running.size >= tasksMax) await Promise.race(running)
      rethrow()
      const watched = watch(task).finally(() => running.delete(watched))
      running.add(watched)
    },
    async settled() {
      await Promise.all(running)
      rethrow()
    },
  }
}
