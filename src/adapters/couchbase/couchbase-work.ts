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
    return allEnded(items.map((item) => limit(guarded, item)))
  }
}

/** The results when all have ended, so that nothing goes on behind the back of whoever is told of a failure. */
export async function allEnded<Result>(running: readonly Promise<Result>[]): Promise<readonly Result[]> {
  const results = await Promise.allSettled(running)
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

type InTurn<Space extends object> = <Result>(space: Space, key: string, run: () => Promise<Result>) => Promise<Result>

/** One after the other for each key of a space; keys don't wait for each other. */
export function takingTurns<Space extends object>(): InTurn<Space> {
  const lastOf = new WeakMap<Space, Map<string, Promise<unknown>>>()
  return (space, key, run) => {
    const last = lastOf.get(space) ?? new Map<string, Promise<unknown>>()
    lastOf.set(space, last)
    const before = last.get(key)
    const mine = before ? before.then(run, run) : run()
    last.set(key, mine)
    const leave = (): void => {
      if (last.get(key) === mine) last.delete(key)
    }
    mine.then(leave, leave)
    return mine
  }
}
