import { OrdermillError } from '../errors.ts'
import type { Intake } from '../ports/intake.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import type { OrderStore } from '../ports/order-store.ts'

/** Stands where no service has made a store yet: what the log alone can answer is answered all the same. */
export function absentStore(file: string): OrderQueries & Intake & Pick<OrderStore, 'close'> {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new OrdermillError(
        'NOT_FOUND',
        `there is no store ${file} yet, so nothing is counted: start the services on this data directory, or ask a server (--url)`,
      ),
    )
  return {
    totals: refuse,
    payments: refuse,
    viewCounts: refuse,
    findOrder: refuse,
    searchOrders: refuse,
    searchPayments: refuse,
    searchAlerts: refuse,
    searchDeadLetters: refuse,
    findDeadLetter: refuse,
    series: refuse,
    version: refuse,
    reserveOrderIds: refuse,
    noteOrderIds: refuse,
    remember: refuse,
    complete: refuse,
    close: () => Promise.resolve(),
  }
}
