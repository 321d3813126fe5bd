import { OrdermillError } from '../errors.ts'
import type { OrderStore } from '../ports/order-store.ts'

/** Stands where no service has made a store yet: what the log alone can answer is answered all the same. */
export function absentStore(why: string): OrderStore {
  const refuse = (): Promise<never> => Promise.reject(new OrdermillError('NOT_FOUND', why))
  return {
    claim: refuse,
    applyOrders: refuse,
    reserve: refuse,
    settle: refuse,
    applyViews: refuse,
    totals: refuse,
    payments: refuse,
    viewCounts: refuse,
    shards: refuse,
    findOrder: refuse,
    searchOrders: refuse,
    searchPayments: refuse,
    searchAlerts: refuse,
    searchDeadLetters: refuse,
    findDeadLetter: refuse,
    series: refuse,
    nextSeriesDay: refuse,
    version: refuse,
    reserveOrderIds: refuse,
    noteOrderIds: refuse,
    remember: refuse,
    complete: refuse,
    openRebuild: refuse,
    switchTo: refuse,
    dropRebuild: refuse,
    generation: refuse,
    close: () => Promise.resolve(),
  }
}
