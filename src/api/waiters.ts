import { OrdermillError } from '../errors.ts'
import type { AcceptedOrder, Totals } from './contract.ts'
import type { Ticker } from './ticker.ts'

type Positions = readonly Pick<AcceptedOrder, 'topic' | 'partition' | 'offset'>[]
type Waiter = Readonly<{ positions: Positions; done: (isCounted: boolean) => void }>

export type Waiters = Readonly<{
  /**
   * A place to wait in: taken before anything is done that is to be waited for.
   *
   * @throws {OrdermillError} SERVER_UNAVAILABLE when too many wait already
   */
  takePlace: () => Place
  close: () => void
}>

export type Place = Readonly<{
  /** True once the totals include all positions; false when the signal aborts first. */
  untilCounted: (positions: Positions, signal: AbortSignal) => Promise<boolean>
  free: () => void
}>

type WaitersDeps = Readonly<{ ticker: Ticker; totals: () => Promise<Totals>; waitersMax: number }>

export function newWaiters({ ticker, totals, waitersMax }: WaitersDeps): Waiters {
  const waiters = new Set<Waiter>()
  let placesTaken = 0
  let unsubscribe: (() => void) | undefined

  async function look(): Promise<void> {
    // A store that is away is no reason to give up before the time is over.
    const known = await totals().catch(() => undefined)
    if (!known) return
    for (const { positions, done } of waiters) if (covers(known.as_of, positions)) done(true)
  }

  function leave(waiter: Waiter): void {
    waiters.delete(waiter)
    if (waiters.size > 0) return
    unsubscribe?.()
    unsubscribe = undefined
  }

  function untilCounted(positions: Positions, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    return new Promise((resolve) => {
      const waiter: Waiter = {
        positions,
        done(isCounted) {
          signal.removeEventListener('abort', giveUp)
          leave(waiter)
          resolve(isCounted)
        },
      }
      const giveUp = () => waiter.done(false)
      signal.addEventListener('abort', giveUp)
      waiters.add(waiter)
      unsubscribe ??= ticker.subscribe(look)
    })
  }

  return {
    takePlace() {
      if (placesTaken >= waitersMax) throw tooManyWait(waitersMax)
      placesTaken += 1
      return { untilCounted, free: () => (placesTaken -= 1) }
    },
    close() {
      for (const { done } of waiters) done(false)
    },
  }
}

function tooManyWait(waitersMax: number): OrdermillError {
  const advice = 'nothing was accepted; send it again later, or without "wait"'
  return new OrdermillError('SERVER_UNAVAILABLE', `${waitersMax} requests wait for analytics already: ${advice}`)
}

function covers(asOf: Totals['as_of'], positions: Positions): boolean {
  return positions.every(({ topic, partition, offset }) => offset < (asOf[topic]?.[partition] ?? 0))
}
