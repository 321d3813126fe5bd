import pLimit from 'p-limit'

/**
 * Runs `task` for each item, so many at a time over all calls, and resolves when all have ended. After a failure no
 * further task begins: a server that is away would else be asked thousands of times in vain.
 */
export type ForEach = <Item, Result>(
  items: readonly Item[],
  task: (item: Item) => Promise<Result>,
) => Promise<readonly Result[]>

/** Measured: 256 small operations under way fill one connection; more only wait in it. */
const tasksMax = 256

export function boundedWork(): ForEach {
  const limit = pLimit(tasksMax)
  return async (items, task) => {
    let failure: Readonly<{ reason: unknown }> | undefined
    const guarded = async (item: (typeof items)[number]) => {
      if (failure) throw failure.reason
      return task(item).catch((reason: unknown) => {
        failure ??= { reason }
        throw reason
      })
    }
    const results = await Promise.allSettled(items.map((item) => limit(guarded, item)))
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }
}
