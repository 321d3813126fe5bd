import type { Difference } from '../codec/operation-codec.ts'
import { storePaymentTally, type StoredPaymentTally } from '../domain/payment-tally.ts'
import { storeTotals, type StoredTotals } from '../domain/totals.ts'
import type { ShardSummary } from '../ports/order-queries.ts'
import type { CheckState, PieceDeps } from './check-state.ts'
import type { PlannedShard } from './check-plan.ts'
import { placeText } from './reconciliation-checks.ts'

type Counts = ReadonlyMap<string, bigint>

/** What the store had counted when the check began, and what the replay counted, shard by shard. */
export async function compareTotals(
  { scratch }: Pick<PieceDeps, 'scratch'>,
  { plan, interleaved }: CheckState,
): Promise<readonly Difference[]> {
  if (!plan.isWhole) return []
  const replayed = await scratch.store.shards()
  const pairs = plan.shards.flatMap((planned): readonly Pair[] => {
    const { shard } = planned
    const mine = replayed.find((one) => isSameShard(one, planned))
    const [expected, found] = [mine ? countsOf(mine) : none, countsOf(planned)]
    return [{ group: shard.group, place: placeText(shard), expected, found }]
  })
  // Which of several records of an order came first says where it counts, and which status is its last.
  return (interleaved > 0 ? sumsOf(pairs) : pairs).flatMap(differencesOf)
}

type Pair = Readonly<{ group: string; place: string; expected: Counts; found: Counts }>
const none: Counts = new Map()

function isSameShard({ shard: a }: ShardSummary, { shard: b }: PlannedShard): boolean {
  return a.group === b.group && a.topicId === b.topicId && a.partition === b.partition
}

function differencesOf({ group, place, expected, found }: Pair): readonly Difference[] {
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((name): readonly Difference[] => {
    const [wanted, known] = [expected.get(name) ?? 0n, found.get(name) ?? 0n]
    if (wanted === known) return []
    return [
      {
        order_id: null,
        what: 'total',
        where: `${group} on ${place}: ${name}`,
        expected: `${wanted}`,
        found: `${known}`,
      },
    ]
  })
}

const dependsOnOrder = /^by_status|cancelled/i
const repeats = /^(duplicates|status_?changes)$/i
/** Counted by the rules of then, which may have been others. */
const dependsOnRules = 'paidFlagged'

function sumsOf(pairs: readonly Pair[]): readonly Pair[] {
  return [...new Set(pairs.map(({ group }) => group))].map((group) => {
    const mine = pairs.filter((pair) => pair.group === group)
    const [expected, found] = [added(mine.map((pair) => pair.expected)), added(mine.map((pair) => pair.found))]
    return { group, place: 'all partitions', expected, found }
  })
}

function added(all: readonly Counts[]): Counts {
  const sum = new Map<string, bigint>()
  for (const [name, count] of all.flatMap((counts) => [...counts])) {
    if (dependsOnOrder.test(name)) continue
    const key = repeats.test(name) ? 'duplicates and status changes' : name
    sum.set(key, (sum.get(key) ?? 0n) + count)
  }
  return sum
}

function countsOf({
  totals,
  tally,
}: Readonly<{
  totals?: StoredTotals | ShardSummary['totals']
  tally?: StoredPaymentTally | ShardSummary['tally']
}>): Counts {
  const stored = [totals && plainTotals(totals), tally && plainTally(tally)]
  const counts = new Map(stored.flatMap((one) => (one ? flat('', one) : [])))
  counts.delete(dependsOnRules)
  return counts
}

function plainTotals(totals: StoredTotals | NonNullable<ShardSummary['totals']>): StoredTotals {
  return 'byCountry' in totals ? storeTotals(totals) : totals
}

function plainTally(tally: StoredPaymentTally | NonNullable<ShardSummary['tally']>): StoredPaymentTally {
  return tally.paidSums instanceof Map
    ? storePaymentTally({ ...tally, paidSums: tally.paidSums })
    : { ...tally, paidSums: { ...tally.paidSums } }
}

/** Numbers, and decimal texts, by the path to them. */
function flat(path: string, value: unknown): readonly (readonly [string, bigint])[] {
  if (typeof value === 'number' || typeof value === 'string') return [[path, BigInt(value)]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => flat(path === '' ? name : `${path}.${name}`, inner))
}
