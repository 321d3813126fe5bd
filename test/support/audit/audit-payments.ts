import type { OrderStory } from '../../../src/ports/order-queries.ts'
import { placeOf, type CommandRecord, type Facts, type OrderRecord } from './facts.ts'
import type { History, Role } from './roles.ts'
import { add, type Below, type Sums } from './sums.ts'

type Complain = (complaint: string) => void

/** One call that reached the gateway. `outcome` is what it did, whether or not its reply arrived. */
export type Charged = Readonly<{ key: string; orderId: number; minor: number; currency: string; outcome: string }>

/** What one record did to the payment of its order. `key`: what the gateway was asked under; it was not asked without. */
export type Payment = Readonly<{ order: OrderRecord; outcome: string; key?: string }>

export function paymentHistory(story: OrderStory | undefined): History | undefined {
  const ledger = story?.payment?.ledger
  if (!ledger) return undefined
  const { customerId, amountMinor, currency, country, createdAtMs } = ledger.content
  return {
    content: JSON.stringify([customerId, amountMinor, currency, country, createdAtMs]),
    places: ledger.entries.filter(({ operator }) => !operator).map(({ position }) => placeOf(position)),
  }
}

/** The payments that follow from the order in which the ledger took an order's records, by the place of each. */
export function expectedPayments(
  { byPlace, commands }: Facts,
  stories: ReadonlyMap<string, OrderStory>,
  policy: 'all' | 'billable',
  outcomeOf: (key: string) => string,
): ReadonlyMap<string, Payment> {
  const payments = new Map<string, Payment>()
  const commandByPlace = new Map(commands.map((command) => [command.place, command]))
  for (const story of stories.values()) {
    let [current, status] = ['', '']
    for (const { position, effect } of story.payment?.ledger.entries ?? []) {
      const place = placeOf(position)
      const command = commandByPlace.get(place)
      const order = command ?? byPlace.get(place)
      if (!order) continue
      if (!command) ({ status } = order)
      // Whether a retry met another one that was still under way is a race with the gateway.
      if (command?.decision === 'retry' && effect === 'noted') continue
      const decided = command ? commanded(command, current, status) : decision(order, policy)
      if (isSettled(current, decided, command)) continue
      const key = decided === 'charge' ? keyOf(order, command) : undefined
      current = key === undefined ? decided : outcomeOf(key)
      payments.set(place, { order, outcome: current, ...(key !== undefined && { key }) })
    }
  }
  return payments
}

/** Whether a record changes nothing; no status does once the gateway has answered. */
function isSettled(current: string, decided: string, command: CommandRecord | undefined): boolean {
  return decided === current || (!command && (current === 'PAID' || current === 'DECLINED'))
}

/** Current, where a command decides nothing. */
function commanded({ decision: asked }: CommandRecord, current: string, status: string): string {
  if (asked === 'reject') return current === 'HELD' ? 'DECLINED' : current
  const wanted = asked === 'retry' ? 'DECLINED' : 'HELD'
  return current === wanted && status !== 'CANCELLED' ? 'charge' : current
}

function keyOf({ identity, place }: OrderRecord, command: CommandRecord | undefined): string {
  return command?.decision === 'retry' ? `${identity}/${place}` : identity
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
  for (const order of [...facts.orders, ...facts.commands].filter(({ record }) => below(record))) {
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

/** One charge an identity, and one a retry: every call for it has the same key and amount, and no other is charged. */
export function auditGateway(
  payments: ReadonlyMap<string, Payment>,
  calls: readonly Charged[],
  complain: Complain,
): void {
  const byKey = Map.groupBy(calls, ({ key }) => key)
  for (const { order, key } of payments.values()) {
    if (key === undefined) continue
    const ofKey = byKey.get(key) ?? []
    if (ofKey.length === 0) complain(`I2: the gateway never saw order ${key}, which is settled`)
    const wrong = ofKey.find((call) => BigInt(call.minor) !== order.minor || call.currency !== order.currency)
    if (wrong) complain(`I2: the gateway was asked for ${wrong.minor} ${wrong.currency} for order ${key}`)
    byKey.delete(key)
  }
  for (const key of byKey.keys()) complain(`I2: the gateway was asked for order ${key}, which is not to be charged`)
}

/** A command is about a payment that its sender saw, so the ledger has it, once. */
export function auditCommands({ commands }: Facts, stories: ReadonlyMap<string, OrderStory>, complain: Complain): void {
  const entries = [...stories.values()].flatMap((story) => story.payment?.ledger.entries ?? [])
  const taken = entries.filter(({ operator }) => operator).map(({ position }) => placeOf(position))
  const sent = new Set(commands.map(({ place }) => place))
  if (new Set(taken).size !== taken.length) complain('I2: a command was taken twice')
  for (const place of taken)
    if (!sent.has(place)) complain(`I5: a ledger has the command ${place}, which the log lacks`)
  for (const place of sent) if (!taken.includes(place)) complain(`I1: no ledger has the command ${place}`)
}

/** The ledger's own account of an order agrees with what its records decided. */
export function auditLedger(
  payments: ReadonlyMap<string, Payment>,
  identity: string,
  story: OrderStory | undefined,
  complain: Complain,
): void {
  const ledger = story?.payment?.ledger
  const decided = (ledger?.entries ?? []).map(({ position }) => payments.get(placeOf(position))).findLast(Boolean)
  const { status, position } = ledger?.payment ?? {}
  if (!decided || !position) return complain(`I1: order ${identity} has no payment`)
  if (status !== decided.outcome || placeOf(position) !== decided.order.place) {
    complain(`I2: order ${identity} is ${status} in the ledger by ${placeOf(position)}, not ${decided.outcome}`)
  }
}
