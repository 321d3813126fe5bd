import { orderGroups } from '../codec/groups.ts'
import { decimalText } from '../domain/money.ts'
import { addToSums, type Sums, type Tally, type Totals } from '../domain/totals.ts'
import type { ShardSummary } from '../ports/order-queries.ts'
import type { ShardKey } from '../ports/shards.ts'
import { sumOf, type Equation } from './equations.ts'

/** Something that must hold. `expected` and `found` are what is compared, in words. */
export type Check = Readonly<{
  name: string
  state: 'good' | 'in-flight' | 'bad'
  expected: string
  found: string
  detail: string
}>

/** Of each group: every record below `next` is in exactly one term. */
export function equationChecks(equations: readonly Equation[], hasGaps: boolean): readonly Check[] {
  return [orderGroups.analytics, orderGroups.payment].flatMap((group) => {
    const mine = equations.filter(({ shard }) => shard.group === group)
    if (mine.length === 0) return []
    const problems = mine.flatMap(problemOf)
    const read = sumOf(mine.map(({ next }) => next))
    return [
      {
        name: `${group} accounts for every record that it read`,
        state: problems.length > 0 ? 'bad' : movingState(mine),
        expected: hasGaps ? `${read} records at most` : `${read} records`,
        found: `${sumOf(mine.map(termsSum))} records`,
        detail: problems.join('; '),
      },
    ]
  })
}

function movingState(equations: readonly Equation[]): Check['state'] {
  return equations.some(({ inFlight }) => inFlight > 0) ? 'in-flight' : 'good'
}

function problemOf({ shard, next, difference, log, ...equation }: Equation): readonly string[] {
  const place = placeText(shard)
  if (log && next > log.end) return [`${place}: it has applied up to ${next}, and the log ends at ${log.end}`]
  const missing = difference ?? Math.min(next - termsSum(equation), 0)
  if (missing === 0) return []
  if (missing < 0) return [`${place}: ${-missing} records more are counted than there are below ${next}`]
  // Whether a group had read what is removed by now is written nowhere.
  const removed = log && log.begin > 0 ? `; those below ${log.begin} were removed by retention, perhaps unread` : ''
  return [`${place}: ${missing} of the records below ${next} are not counted${removed}`]
}

/** Where two groups have read the same records, they must have accounted for as many. */
export function agreementChecks(equations: readonly Equation[]): readonly Check[] {
  const pairs = pairsOf(equations)
  if (pairs.length === 0) return []
  const apart = pairs.filter(([a, b]) => !areLevel(a, b))
  const level = pairs.filter(([a, b]) => areLevel(a, b))
  const problems = level.filter(([a, b]) => termsSum(a) !== termsSum(b))
  const compared = problems.length > 0 ? problems : level
  return [
    {
      name: `${orderGroups.analytics} and ${orderGroups.payment} account for the same records`,
      state: problems.length > 0 ? 'bad' : apart.some(([{ log }]) => log) ? 'in-flight' : 'good',
      expected: `${sumOf(compared.map(([analytics]) => termsSum(analytics)))} records`,
      found: `${sumOf(compared.map(([, payment]) => termsSum(payment)))} records`,
      detail: problems
        .map(([a, b]) => `${placeText(a.shard)} below ${a.next}: ${termsSum(a)} and ${termsSum(b)}`)
        .join('; '),
    },
  ]
}

type Pair = readonly [analytics: Equation, payment: Equation]

function pairsOf(equations: readonly Equation[]): readonly Pair[] {
  const keyOf = ({ topicId, partition }: ShardKey): string => `${topicId} ${partition}`
  const payments = new Map(
    equations.filter(({ shard }) => shard.group === orderGroups.payment).map((one) => [keyOf(one.shard), one]),
  )
  return equations.flatMap((one): readonly Pair[] => {
    const payment = one.shard.group === orderGroups.analytics ? payments.get(keyOf(one.shard)) : undefined
    return payment ? [[one, payment]] : []
  })
}

/** Nexts may differ by what is no record, once both have read all there is. */
function areLevel(a: Equation, b: Equation): boolean {
  return a.next === b.next || (a.log !== undefined && a.inFlight === 0 && b.inFlight === 0)
}

function termsSum({ terms }: Pick<Equation, 'terms'>): number {
  return sumOf(terms.map(({ records }) => records))
}

/** Of each shard: its parts add up to its whole, to the minor unit. */
export function totalsChecks(shards: readonly ShardSummary[]): readonly Check[] {
  const counted = shards.flatMap(({ shard, totals }) => (totals ? [{ shard, totals }] : []))
  if (counted.length === 0) return []
  return splits.flatMap(({ name, partsOf }) => [
    addUp(`Orders by ${name} add up to all orders`, counted, {
      whole: ({ overall }) => String(overall.orderCount),
      parts: (totals) => String(sumOf([...partsOf(totals).values()].map(({ orderCount }) => orderCount))),
    }),
    addUp(`Sales by ${name} add up to all sales`, counted, {
      whole: ({ overall }) => sumsText(overall.sales),
      parts: (totals) => sumsText(addedSums([...partsOf(totals).values()])),
    }),
  ])
}

type Split = Readonly<{ name: string; partsOf: (totals: Totals) => ReadonlyMap<string, Tally> }>

const splits: readonly Split[] = [
  { name: 'country', partsOf: ({ byCountry }) => byCountry },
  { name: 'status', partsOf: ({ byStatus }) => byStatus },
  { name: 'currency', partsOf: ({ byCurrency }) => byCurrency },
]

type Counted = Readonly<{ shard: ShardKey; totals: Totals }>
type TextOf = (totals: Totals) => string

function addUp(
  name: string,
  counted: readonly Counted[],
  { whole, parts }: Readonly<{ whole: TextOf; parts: TextOf }>,
): Check {
  const wrong = counted.filter(({ totals }) => whole(totals) !== parts(totals))
  const [first] = wrong
  return {
    name,
    state: first ? 'bad' : 'good',
    expected: first ? whole(first.totals) : '',
    found: first ? parts(first.totals) : '',
    detail: wrong.map(({ shard }) => placeText(shard)).join('; '),
  }
}

function addedSums(tallies: readonly Tally[]): Sums {
  const sums: Sums = new Map()
  for (const { sales } of tallies) for (const [currency, minor] of sales) addToSums(sums, currency, minor)
  return sums
}

function sumsText(sums: Sums): string {
  return [...sums]
    .filter(([, minor]) => minor !== 0n)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, minor]) => `${decimalText(minor, currency)} ${currency}`)
    .join(', ')
}

export function placeText({ topic, partition }: ShardKey): string {
  return `${topic}-${partition}`
}
