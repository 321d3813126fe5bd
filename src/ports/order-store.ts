import type { Intake } from './intake.ts'
import type { OrderBook } from './order-book.ts'
import type { OrderQueries } from './order-queries.ts'
import type { PaymentLedger } from './payment-ledger.ts'
import type { Rebuilds } from './rebuilds.ts'
import type { ViewStore } from './view-store.ts'

/**
 * The store as one adapter opens it. Each service is given only the part that it uses; the part's own file says what
 * must hold. `test/contract/order-store.contract.ts` checks all of them.
 */
export interface OrderStore extends OrderBook, PaymentLedger, ViewStore, OrderQueries, Intake, Rebuilds {
  /** Whoever opened the store closes it. */
  close(): Promise<void>
}
