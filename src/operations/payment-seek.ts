import { orderGroups } from '../codec/groups.ts'
import { OrdermillError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { OrderQueries, ShardSummary } from '../ports/order-queries.ts'
import type { SeekMove } from './group-seek.ts'
import type { OperationsLog } from './operations-log.ts'

type Deps = Readonly<{
  log: Pick<Log, 'members' | 'topics'>
  store: Pick<OrderQueries, 'shards'>
  operations: OperationsLog
}>

const group = orderGroups.payment

/**
 * Whether payments can be moved so that nothing is skipped which they have begun: what is charged and settled by a batch whose
 * outcomes are not in the log would never be written there. At rest no batch is in flight, and a reservation that is left
 * over becomes HELD when the group goes on. The other groups have nothing in flight that their next batch would not do.
 *
 * @throws {OrdermillError} STATE_CONFLICT, with what to do
 */
export async function refuseSkippedPayments(deps: Deps, moves: readonly SeekMove[]): Promise<void> {
  const forward = moves.filter(({ from, to }) => to > from)
  if (forward.length === 0) return
  await refuseAtWork(deps)
  const [topics, shards] = [await deps.log.topics(), await deps.store.shards()]
  const ids = new Map(topics.map(({ name, id }) => [name, id]))
  for (const move of forward) {
    const shard = shards.find(
      (one) =>
        one.shard.group === group &&
        one.shard.topicId === ids.get(move.topic) &&
        one.shard.partition === move.partition,
    )
    if (shard) refuseUnwritten(move, shard)
  }
}

async function refuseAtWork({ log, operations }: Deps): Promise<void> {
  const { pausedGroups } = await operations.state()
  if (!pausedGroups.has(group)) {
    throw conflict(`while it runs: pause it first (ordermill groups pause ${group}), and resume it afterwards`)
  }
  if ((await log.members(group)).length > 0) throw conflict('yet: its batch in flight is not done; wait some seconds')
}

/** Of what a store has settled, its last batch alone may be missing in the log. */
function refuseUnwritten({ topic, partition, from, to }: SeekMove, { from: written, next }: ShardSummary): void {
  if (from >= next || to <= written) return
  throw conflict(
    `to ${to} of ${topic}-${partition}: payments up to ${next} are settled, and their outcomes may be in the log up to ` +
      `${written} only; resume it until it has written them, then pause and move it, or move it to ${written} at most`,
  )
}

function conflict(why: string): OrdermillError {
  return new OrdermillError('STATE_CONFLICT', `${group} can't be moved forward ${why}`)
}
