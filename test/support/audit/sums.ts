import type { LogRecord } from '../../../src/ports/log.ts'
import type { PaymentTally } from '../../../src/domain/payment-tally.ts'
import type { Tally, Totals } from '../../../src/domain/totals.ts'
import type { Facts, OrderRecord } from './facts.ts'
import type { Role } from './roles.ts'

/** Every figure of a sum under a name of its own; one that is zero may be left out. */
export type Sums = Map<string, bigint>
export type Below = (record: Pick<LogRecord, 'topic' | 'partition' | 'offset'>) => boolean

export const everything: Below = () => true

export function add(sums: Sums, name: string, amount: bigint | number): void {
  sums.set(name, (sums.get(name) ?? 0n) + BigInt(amount))
}

/** The totals of analytics over the records that `below` takes. */
export function expectedTotals(facts: Facts, roles: ReadonlyMap<string, Role>, below: Below): Sums {
  const sums: Sums = new Map()
  add(sums, 'dead letters', facts.poison.filter(below).length)
  add(sums, 'tombstones', facts.tombstones.filter(below).length)
  for (const order of facts.orders) if (below(order.record)) addOrder(sums, order, roles.get(order.place))
  return sums
}

function addOrder(sums: Sums, order: OrderRecord, role: Role | undefined): void {
  const { currency, minor, country, status } = order
  const count = (scope: string, sign: bigint): void => {
    add(sums, `${scope} orders`, sign)
    add(sums, `${scope} ${currency}`, sign * minor)
  }
  if (role?.kind === 'first') for (const scope of ['all', country, currency, status]) count(scope, 1n)
  if (role?.kind === 'change') {
    add(sums, 'status changes', 1)
    count(role.from, -1n)
    count(status, 1n)
  }
  if (role?.kind === 'duplicate') add(sums, 'duplicates', 1)
  if (role?.kind === 'conflict') add(sums, 'dead letters', 1)
}

export function flatTotals(totals: Totals): Sums {
  const sums: Sums = new Map()
  const addTally = (scope: string, { orderCount, sales }: Tally): void => {
    add(sums, `${scope} orders`, orderCount)
    for (const [currency, minor] of sales) add(sums, `${scope} ${currency}`, minor)
  }
  addTally('all', totals.overall)
  for (const tallies of [totals.byCountry, totals.byStatus, totals.byCurrency]) {
    for (const [scope, tally] of tallies) addTally(scope, tally)
  }
  add(sums, 'status changes', totals.statusChanges)
  add(sums, 'duplicates', totals.duplicates)
  add(sums, 'dead letters', totals.deadLetters)
  add(sums, 'tombstones', totals.tombstones)
  return sums
}

export function flatTally({ paidSums, ...counts }: PaymentTally): Sums {
  const sums: Sums = new Map()
  for (const [name, count] of Object.entries(counts)) add(sums, name, count)
  for (const [currency, minor] of paidSums) add(sums, currency, minor)
  return sums
}

/** What differs, in words; empty when nothing does. */
export function differences(actual: Sums, expected: Sums): string {
  const names = [...new Set([...actual.keys(), ...expected.keys()])]
  return names
    .filter((name) => (actual.get(name) ?? 0n) !== (expected.get(name) ?? 0n))
    .map((name) => `${name} ${actual.get(name) ?? 0n} instead of ${expected.get(name) ?? 0n}`)
    .join(', ')
}
