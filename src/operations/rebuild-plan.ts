import type { Log } from '../ports/log.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import { planCheck, type CheckPlan } from './check-plan.ts'

/** What a rebuild replays: all that the store has applied. */
export type RebuildPlan = Pick<CheckPlan, 'shards' | 'outputs'>

type PlanDeps = Readonly<{
  log: Pick<Log, 'topics' | 'lag' | 'offsetAt' | 'read'>
  store: Pick<OrderQueries, 'shards'>
  topic: string
}>

/** @throws {OrdermillError} BEGINNING_GONE when the log does not hold any more what the store was made of */
export async function planRebuild(deps: PlanDeps): Promise<RebuildPlan> {
  const { shards, outputs } = await planCheck(deps, { kind: 'check' })
  return { shards: shards.map(({ service, shard, from, to }) => ({ service, shard, from, to })), outputs }
}
