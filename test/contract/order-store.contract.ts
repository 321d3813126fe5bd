import { describe } from 'node:test'
import { testFencing } from './order-store/fencing.ts'
import { testIntake } from './order-store/intake.ts'
import { testLedger } from './order-store/ledger.ts'
import type { StoreCapabilities, StoreOpeners } from './order-store/open-store.ts'
import { testOrders } from './order-store/orders.ts'
import { testQueries } from './order-store/queries.ts'
import { testRebuilds } from './order-store/rebuilds.ts'
import { testReplay } from './order-store/replay.ts'
import { testRestart } from './order-store/restart.ts'
import { testTotals } from './order-store/totals.ts'
import { testViews } from './order-store/views.ts'

/** What every OrderStore promises. `openers` makes a new set of data for each test. */
export function describeOrderStoreContract(
  name: string,
  openers: StoreOpeners,
  capabilities: StoreCapabilities = { search: true },
): void {
  describe(`${name}: OrderStore contract`, () => {
    describe('orders', () => testOrders(openers))
    describe('replay', () => testReplay(openers))
    describe('fencing', () => testFencing(openers))
    describe('totals', () => testTotals(openers))
    describe('ledger', () => testLedger(openers))
    describe('views', () => testViews(openers))
    describe('queries', () => testQueries(openers, capabilities))
    describe('intake', () => testIntake(openers))
    describe('rebuilds', () => testRebuilds(openers))
    describe('restart', () => testRestart(openers))
  })
}
