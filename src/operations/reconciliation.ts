import { orderGroups } from '../codec/groups.ts'
import { addTotals, emptyTotals } from '../domain/totals.ts'
import { addPaymentTally, emptyPaymentTally } from '../domain/payment-tally.ts'
import type { PartitionLag, TopicDescription } from '../ports/log.ts'
import type { ShardSummary } from '../ports/order-queries.ts'
import { orderInput } from '../services/order-input.ts'
import { equationOf, sumOf, type Equation } from './equations.ts'
import { agreementChecks, equationChecks, totalsChecks, type Check } from './reconciliation-checks.ts'

/** What a look saw: the shards first, each of one moment; then the log, which is at least as far. */
export type Observed = Readonly<{
  shards: readonly ShardSummary[]
  /** Where orders come in. */
  topic: string
  topics: readonly TopicDescription[]
  /** By group. */
  lags: ReadonlyMap<string, readonly PartitionLag[]>
  /** Whether the log's offsets have gaps, so that they don't count records. */
  hasGaps: boolean
}>

export type Reconciliation = Readonly<{
  /** good: all accounted for. in-flight: groups are apart, nothing is wrong. bad: something does not add up. */
  state: Check['state']
  /** In words. */
  summary: string
  orderCount: number
  /** Records that a group has still to read, the greatest of all groups. */
  inFlight: number
  equations: readonly Equation[]
  checks: readonly Check[]
  paidCancelled: number
  paidFlagged: number
  cancelledAfterPaid: number
}>

/** Whether everything below the groups' offsets is accounted for. Costs what there are partitions. */
export function reconcile(observed: Observed): Reconciliation {
  const { shards, hasGaps } = observed
  const equations = shards.filter(isOfOrders).map((shard) => equationOf(shard, observed))
  const checks = [...equationChecks(equations, hasGaps), ...agreementChecks(equations), ...totalsChecks(shards)]
  const inFlight = Math.max(0, ...Object.values(orderGroups).map((group) => inFlightOf(group, equations, observed)))
  const orderCount = totalsOf(shards).overall.orderCount
  const { paidCancelled, paidFlagged, cancelledAfterPaid } = tallyOf(shards)
  const state = stateOf(checks, inFlight)
  return {
    state,
    summary: summaryOf(state, { orderCount, inFlight, checks }),
    orderCount,
    inFlight,
    equations,
    checks,
    paidCancelled,
    paidFlagged,
    cancelledAfterPaid,
  }
}

/** How many records of each group are accounted for by no term, or by two; where offsets count records. */
export function differencesByGroup({ equations }: Pick<Reconciliation, 'equations'>): ReadonlyMap<string, number> {
  const differences = new Map<string, number>()
  for (const { shard, difference } of equations) {
    if (difference === null) continue
    differences.set(shard.group, (differences.get(shard.group) ?? 0) + Math.abs(difference))
  }
  return differences
}

/** Views project what the groups wrote: they read no order. */
function isOfOrders({ shard: { group } }: ShardSummary): boolean {
  return group === orderGroups.analytics || group === orderGroups.payment
}

/** All of a partition that the group has not claimed, or never heard of, is still to be read. */
function inFlightOf(group: string, equations: readonly Equation[], { topic, topics, lags }: Observed): number {
  const inputs: readonly string[] = orderInput(topic, group).topics
  const mine = equations.filter(({ shard }) => shard.group === group)
  const places = topics
    .filter(({ name }) => inputs.includes(name))
    .flatMap(({ name, id, partitions }) => partitions.map((partition) => ({ ...partition, name, id })))
  return sumOf(
    places.map(({ name, id, partition, begin, end }) => {
      const known = mine.find(({ shard }) => shard.topicId === id && shard.partition === partition)
      if (known) return known.inFlight
      const lag = lags.get(group)?.find((one) => one.topic === name && one.partition === partition)
      if (!lag) return end - begin
      return lag.nextTimestampMs === null ? 0 : lag.lagRecords
    }),
  )
}

function totalsOf(shards: readonly ShardSummary[]) {
  const sum = emptyTotals()
  for (const { totals } of shards) if (totals) addTotals(sum, totals)
  return sum
}

function tallyOf(shards: readonly ShardSummary[]) {
  const sum = emptyPaymentTally()
  for (const { tally } of shards) if (tally) addPaymentTally(sum, tally)
  return sum
}

function stateOf(checks: readonly Check[], inFlight: number): Reconciliation['state'] {
  if (checks.some(({ state }) => state === 'bad')) return 'bad'
  return inFlight > 0 || checks.some(({ state }) => state === 'in-flight') ? 'in-flight' : 'good'
}

const grouped = new Intl.NumberFormat('en-US')

function summaryOf(
  state: Reconciliation['state'],
  { orderCount, inFlight, checks }: Pick<Reconciliation, 'orderCount' | 'inFlight' | 'checks'>,
): string {
  const failed = checks.filter((check) => check.state === 'bad')
  if (state === 'bad') {
    const [first] = failed
    const more = failed.length > 1 ? `, and ${failed.length - 1} more checks fail` : ''
    return `${first?.name ?? ''}: expected ${first?.expected ?? ''}, found ${first?.found ?? ''}${more}`
  }
  const orders = orderCount === 1 ? '1 order' : `${grouped.format(orderCount)} orders`
  if (state === 'in-flight') return `${orders} accounted for, ${grouped.format(inFlight)} records in flight`
  if (orderCount === 0) return 'No order yet'
  return orderCount === 1 ? '1 order accounted for' : `All ${orders} accounted for`
}
