import type { Log } from '../ports/log.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import { orderGroups, viewsGroup } from '../codec/groups.ts'
import { planCheck, type CheckPlan } from './check-plan.ts'

/** What a rebuild replays: all that the store has applied. */
export type RebuildPlan = Pick<CheckPlan, 'shards' | 'outputs'>

type PlanDeps = Readonly<{
  log: Pick<Log, 'topics' | 'lag' | 'offsetAt' | 'read'>
  store: Pick<OrderQueries, 'shards'>
  topic: string
}>

/**
 * No more than the groups have committed: a group goes on where its shard of the new generation is, and must still write the
 * outputs, such as dead letters, of what it applied and did not commit.
 *
 * @throws {OrdermillError} BEGINNING_GONE when the log does not hold any more what the store was made of
 */
export async function planRebuild(deps: PlanDeps): Promise<RebuildPlan> {
  const committing = [...Object.values(orderGroups), viewsGroup]
  const { shards, outputs } = await planCheck(deps, { kind: 'check' }, committing)
  return { shards: shards.map(({ service, shard, from, to }) => ({ service, shard, from, to })), outputs }
}
