import type { OrderQueries, ShardSummary } from '../../../src/ports/order-queries.ts'
import { orderGroups, type Facts, type OrderGroup } from './facts.ts'
import { flatTally, flatTotals, type Sums } from './sums.ts'

/** What became of a record, in either group that counts: it is exactly one of these. */
const fates = ['all orders', 'paid', 'declined', 'skipped', 'held', 'duplicates', 'statusChanges', 'status changes']
const refusals = ['deadLetters', 'dead letters', 'tombstones']

/** Each group accounts for every record that it has read, partition by partition, those that came by its retry topic too. */
export async function auditEquations(
  { store }: Readonly<{ store: Pick<OrderQueries, 'shards'> }>,
  facts: Readonly<Record<OrderGroup, Facts>>,
  complain: (complaint: string) => void,
): Promise<void> {
  for (const summary of await store.shards()) {
    const { shard, next } = summary
    const group = orderGroups.find((known) => known === shard.group)
    const counted = countedBy(summary)
    if (!group || !counted) continue
    const records = facts[group].all.filter(
      ({ topicId, partition, offset }) => topicId === shard.topicId && partition === shard.partition && offset < next,
    ).length
    const told = [...fates, ...refusals].reduce((sum, name) => sum + Number(counted.get(name) ?? 0n), 0)
    if (told !== records) {
      complain(`I2: ${group} accounts for ${told} records of ${shard.topic}-${shard.partition}, which has ${records}`)
    }
  }
}

function countedBy({ totals, tally }: ShardSummary): Sums | undefined {
  if (totals) return flatTotals(totals)
  return tally && flatTally(tally)
}
