import type { CountryCode } from './country.ts'
import type { CurrencyCode } from './currency.ts'
import type { Money } from './money.ts'
import { orderStatuses, type Order, type OrderStatus } from './order.ts'
import type { OrderAnswer } from './order-state.ts'

/** Minor units by currency. Sums are bigint: they have no upper bound. */
export type Sums = Map<CurrencyCode, bigint>

/** `orderCount` may be negative in one shard's tally: an order that entered a status there can leave it elsewhere. */
export type Tally = { orderCount: number; sales: Sums }

/**
 * Running totals over the records of one shard, or of several added up. Addition ({@link addTotals}) is associative and
 * commutative with {@link emptyTotals} as its zero, so shards sum in any order and a batch may be split anywhere.
 *
 * records = overall.orderCount + statusChanges + duplicates + deadLetters + tombstones
 */
export type Totals = {
  overall: Tally
  byCountry: Map<CountryCode, Tally>
  byStatus: Map<OrderStatus, Tally>
  byCurrency: Map<CurrencyCode, Tally>
  statusChanges: number
  duplicates: number
  /** Records that this group refused: unreadable ones and conflicts. */
  deadLetters: number
  tombstones: number
}

export function emptyTotals(): Totals {
  return {
    overall: emptyTally(),
    byCountry: new Map(),
    byStatus: new Map(),
    byCurrency: new Map(),
    statusChanges: 0,
    duplicates: 0,
    deadLetters: 0,
    tombstones: 0,
  }
}

/** Counts one record into `totals`, in place: this runs for every record. */
export function countOrder(totals: Totals, order: Order, answer: OrderAnswer): void {
  switch (answer.kind) {
    case 'first':
      count(totals.overall, order.amount, 1)
      count(tallyOf(totals.byCountry, order.country), order.amount, 1)
      count(tallyOf(totals.byCurrency, order.amount.currency), order.amount, 1)
      count(tallyOf(totals.byStatus, order.status), order.amount, 1)
      return
    case 'status-change':
      totals.statusChanges += 1
      count(tallyOf(totals.byStatus, answer.from), order.amount, -1)
      count(tallyOf(totals.byStatus, order.status), order.amount, 1)
      return
    case 'duplicate':
      totals.duplicates += 1
      return
    case 'conflict':
      totals.deadLetters += 1
      return
    default:
      answer satisfies never
  }
}

/** Counts one record that holds no order into `totals`, in place; a payment tally counts them alike. */
export function countUnreadable(
  totals: Pick<Totals, 'deadLetters' | 'tombstones'>,
  kind: 'refused' | 'tombstone',
): void {
  if (kind === 'refused') totals.deadLetters += 1
  else totals.tombstones += 1
}

/** Adds `more` to `totals`, in place. */
export function addTotals(totals: Totals, more: Totals): void {
  addTally(totals.overall, more.overall)
  addTallies(totals.byCountry, more.byCountry)
  addTallies(totals.byStatus, more.byStatus)
  addTallies(totals.byCurrency, more.byCurrency)
  totals.statusChanges += more.statusChanges
  totals.duplicates += more.duplicates
  totals.deadLetters += more.deadLetters
  totals.tombstones += more.tombstones
}

export function addToSums(sums: Sums, currency: CurrencyCode, minor: bigint): void {
  sums.set(currency, (sums.get(currency) ?? 0n) + minor)
}

function emptyTally(): Tally {
  return { orderCount: 0, sales: new Map() }
}

function tallyOf<Key>(tallies: Map<Key, Tally>, key: Key): Tally {
  let tally = tallies.get(key)
  if (!tally) tallies.set(key, (tally = emptyTally()))
  return tally
}

function count(tally: Tally, amount: Money, sign: 1 | -1): void {
  tally.orderCount += sign
  addToSums(tally.sales, amount.currency, BigInt(sign * amount.minor))
}

function addTally(tally: Tally, more: Tally): void {
  tally.orderCount += more.orderCount
  for (const [currency, minor] of more.sales) addToSums(tally.sales, currency, minor)
}

function addTallies<Key>(tallies: Map<Key, Tally>, more: ReadonlyMap<Key, Tally>): void {
  for (const [key, tally] of more) addTally(tallyOf(tallies, key), tally)
}

/** JSON form of totals as a store keeps them: bigint as decimal text. */
export type StoredTotals = Readonly<{
  overall: StoredTally
  by_country: Readonly<Record<string, StoredTally>>
  by_status: Readonly<Record<string, StoredTally>>
  by_currency: Readonly<Record<string, StoredTally>>
  status_changes: number
  duplicates: number
  dead_letters: number
  tombstones: number
}>
export type StoredTally = Readonly<{ order_count: number; sales: StoredSums }>
export type StoredSums = Readonly<Record<string, string>>

export function storeTotals(totals: Totals): StoredTotals {
  return {
    overall: storeTally(totals.overall),
    by_country: storeTallies(totals.byCountry),
    by_status: storeTallies(totals.byStatus),
    by_currency: storeTallies(totals.byCurrency),
    status_changes: totals.statusChanges,
    duplicates: totals.duplicates,
    dead_letters: totals.deadLetters,
    tombstones: totals.tombstones,
  }
}

export function restoreTotals(stored: StoredTotals): Totals {
  return {
    overall: restoreTally(stored.overall),
    byCountry: restoreTallies(Object.keys(stored.by_country), stored.by_country),
    byStatus: restoreTallies(
      orderStatuses.filter((status) => status in stored.by_status),
      stored.by_status,
    ),
    byCurrency: restoreTallies(Object.keys(stored.by_currency), stored.by_currency),
    statusChanges: stored.status_changes,
    duplicates: stored.duplicates,
    deadLetters: stored.dead_letters,
    tombstones: stored.tombstones,
  }
}

export function storeSums(sums: Sums): StoredSums {
  return Object.fromEntries([...sums].map(([currency, minor]) => [currency, minor.toString()]))
}

export function restoreSums(stored: StoredSums): Sums {
  return new Map(Object.entries(stored).map(([currency, minor]) => [currency, BigInt(minor)]))
}

function storeTally({ orderCount, sales }: Tally): StoredTally {
  return { order_count: orderCount, sales: storeSums(sales) }
}

function storeTallies(tallies: ReadonlyMap<string, Tally>): Record<string, StoredTally> {
  return Object.fromEntries([...tallies].map(([key, tally]) => [key, storeTally(tally)]))
}

function restoreTally({ order_count, sales }: StoredTally): Tally {
  return { orderCount: order_count, sales: restoreSums(sales) }
}

function restoreTallies<Key extends string>(
  keys: readonly Key[],
  stored: Readonly<Record<string, StoredTally>>,
): Map<Key, Tally> {
  return new Map(keys.flatMap((key) => (stored[key] ? [[key, restoreTally(stored[key])] as const] : [])))
}
