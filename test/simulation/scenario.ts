import { seededRandom } from '../../src/domain/random.ts'
import type { OrderIdReuse } from '../../src/domain/order.ts'
import type { PaymentPolicy } from '../../src/domain/payment.ts'
import { pick } from '../support/audit/input.ts'
import type { CallFaults } from './faults.ts'

/** All that a seed decides before the first step. Rates are chances a step. */
export type Scenario = Readonly<{
  seed: number
  orders: number
  partitions: number
  processes: number
  policy: PaymentPolicy
  reuse: OrderIdReuse
  batchRecordsMax: number
  /** Share of the store's own steps that are gates. */
  pauses: number
  calls: CallFaults
  crash: number
  stall: number
  leave: number
  restartBroker: number
  /** Loss of a group's committed offsets: outputs may then come again under their event ids. */
  loseOffsets: number
  /** Commands of an operator about payments, besides those after everything is read. */
  decide: number
  /** Faults end after so many steps, and everything must drain. */
  faultSteps: number
}>

export function scenarioOf(seed: number): Scenario {
  const random = seededRandom(seed)
  const rate = (...rates: readonly number[]): number => pick([0, ...rates], random)
  return {
    seed,
    orders: 15 + Math.floor(random() * 25),
    partitions: pick([1, 2, 3], random),
    processes: pick([1, 2, 2, 3], random),
    policy: pick(['all', 'billable'] as const, random),
    reuse: pick(['refuse', 'replace'] as const, random),
    batchRecordsMax: pick([1, 3, 8, 50], random),
    pauses: pick([0.1, 0.5, 1], random),
    calls: { refused: rate(0.01, 0.05), replyLost: rate(0.01, 0.05), late: rate(0.01, 0.03) },
    crash: rate(0.003, 0.01),
    stall: rate(0.003, 0.01),
    leave: rate(0.003, 0.01),
    restartBroker: rate(0.002, 0.005),
    loseOffsets: random() < 0.1 ? 0.005 : 0,
    decide: rate(0.01, 0.03),
    faultSteps: 350,
  }
}
