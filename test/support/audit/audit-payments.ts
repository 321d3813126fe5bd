import type { OrderStory } from '../../../src/ports/order-queries.ts'
import { placeOf, type Facts, type OrderRecord } from './facts.ts'
import type { History, Role } from './roles.ts'
import { add, type Below, type Sums } from './sums.ts'

type Complain = (complaint: string) => void

/** One call that reached the gateway. `outcome` is what it did, whether or not its reply arrived. */
export type Charged = Readonly<{ key: string; orderId: number; minor: number; currency: string; outcome: string }>

/** What one record did to the payment of its order. */
export type Payment = Readonly<{ order: OrderRecord; outcome: string }>

export function paymentHistory(story: OrderStory | undefined): History | undefined {
  const ledger = story?.payment?.ledger
  if (!ledger) return undefined
  const { customerId, amountMinor, currency, country, createdAtMs } = ledger.content
  return {
    content: JSON.stringify([customerId, amountMinor, currency, country, createdAtMs]),
    places: ledger.entries.map(({ position }) => placeOf(position)),
  }
}

/** The payments that follow from the order in which the ledger took an order's records, by the place of each. */
export function expectedPayments(
  facts: Facts,
  roles: ReadonlyMap<string, Role>,
  policy: 'all' | 'billable',
  outcomeOf: (identity: string) => string,
): ReadonlyMap<string, Payment> {
  const payments = new Map<string, Payment>()
  for (const [identity, records] of facts.byIdentity) {
    let current = ''
    for (const order of inHistoryOrder(records, roles)) {
      if (current === 'PAID' || current === 'DECLINED') break
      const decided = decision(order, policy)
      if (decided === current) continue
      current = decided === 'charge' ? outcomeOf(identity) : decided
      payments.set(order.place, { order, outcome: current })
    }
  }
  return payments
}

function inHistoryOrder(records: readonly OrderRecord[], roles: ReadonlyMap<string, Role>): readonly OrderRecord[] {
  const indexOf = ({ place }: OrderRecord): number => {
    const role = roles.get(place)
    if (role?.kind === 'first') return 0
    return role?.kind === 'change' ? role.index : -1
  }
  return records.filter((record) => indexOf(record) >= 0).toSorted((a, b) => indexOf(a) - indexOf(b))
}

function decision({ status, flagged }: OrderRecord, policy: 'all' | 'billable'): string {
  if (policy === 'all') return 'charge'
  if (status === 'CANCELLED') return 'SKIPPED'
  return flagged ? 'HELD' : 'charge'
}

/** The payment tally over the records that `below` takes, apart from cancellations after the payment. */
export function expectedTally(
  facts: Facts,
  roles: ReadonlyMap<string, Role>,
  payments: ReadonlyMap<string, Payment>,
  below: Below,
): Sums {
  const sums: Sums = new Map()
  add(sums, 'deadLetters', facts.poison.filter(below).length)
  add(sums, 'tombstones', facts.tombstones.filter(below).length)
  for (const order of facts.orders.filter(({ record }) => below(record))) {
    const payment = payments.get(order.place)
    const role = roles.get(order.place)?.kind
    if (payment) addPayment(sums, payment)
    else if (role === 'conflict') add(sums, 'deadLetters', 1)
    else add(sums, role === 'change' ? 'statusChanges' : 'duplicates', 1)
  }
  return sums
}

function addPayment(sums: Sums, { order, outcome }: Payment): void {
  add(sums, outcome.toLowerCase(), 1)
  if (outcome !== 'PAID') return
  add(sums, order.currency, order.minor)
  if (order.status === 'CANCELLED') add(sums, 'paidCancelled', 1)
  if (order.flagged) add(sums, 'paidFlagged', 1)
}

/** One charge an identity: every call for it has the same key and the same amount, and no other order is charged. */
export function auditGateway(
  payments: ReadonlyMap<string, Payment>,
  calls: readonly Charged[],
  complain: Complain,
): void {
  const charged = [...payments.values()].filter(({ outcome }) => outcome === 'PAID' || outcome === 'DECLINED')
  const byKey = Map.groupBy(calls, ({ key }) => key)
  for (const { order } of charged) {
    const ofOrder = byKey.get(order.identity) ?? []
    if (ofOrder.length === 0) complain(`I2: the gateway never saw order ${order.identity}, which is settled`)
    const wrong = ofOrder.find((call) => BigInt(call.minor) !== order.minor || call.currency !== order.currency)
    if (wrong) complain(`I2: the gateway was asked for ${wrong.minor} ${wrong.currency} for order ${order.identity}`)
    byKey.delete(order.identity)
  }
  for (const key of byKey.keys()) complain(`I2: the gateway was asked for order ${key}, which is not to be charged`)
}

/** The ledger's own account of an order agrees with what its records decided. */
export function auditLedger(
  payments: ReadonlyMap<string, Payment>,
  identity: string,
  story: OrderStory,
  complain: Complain,
): void {
  const ledger = story.payment?.ledger
  const decided = (ledger?.entries ?? []).map(({ position }) => payments.get(placeOf(position))).findLast(Boolean)
  const { status, position } = ledger?.payment ?? {}
  if (!decided || !position) return complain(`I1: order ${identity} has no payment`)
  if (status !== decided.outcome || placeOf(position) !== decided.order.place) {
    complain(`I2: order ${identity} is ${status} in the ledger by ${placeOf(position)}, not ${decided.outcome}`)
  }
}
