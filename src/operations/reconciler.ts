import { orderGroups } from '../codec/groups.ts'
import type { Log } from '../ports/log.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import { reconcile, type Observed, type Reconciliation } from './reconciliation.ts'

export type ReconcilerDeps = Readonly<{
  log: Pick<Log, 'topics' | 'lag'>
  store: Pick<OrderQueries, 'shards'>
  /** Where orders come in. */
  topic: string
  /** Whether the log's offsets have gaps. */
  hasGaps: boolean
  pause: (durationMs: number) => Promise<void>
}>

/** @throws {OrdermillError} what log and store reject with */
export type Look = () => Promise<Reconciliation>

/** Long enough for whatever a first look fell between. */
const secondLookAfterMs = 100

/** Looks whether everything is accounted for. A difference must be seen twice in a row: shards are not read at one moment everywhere. */
export function newReconciler({ pause, ...deps }: ReconcilerDeps): Look {
  return async () => {
    const first = reconcile(await observe(deps))
    if (first.state !== 'bad') return first
    await pause(secondLookAfterMs)
    return reconcile(await observe(deps))
  }
}

/** The log is read last, so that it is never behind the shards. */
async function observe({ log, store, topic, hasGaps }: Omit<ReconcilerDeps, 'pause'>): Promise<Observed> {
  const shards = await store.shards()
  const groups = Object.values(orderGroups)
  const [topics, ...lags] = await Promise.all([log.topics(), ...groups.map((group) => log.lag(group))])
  return { shards, topic, topics, lags: new Map(groups.map((group, index) => [group, lags[index] ?? []])), hasGaps }
}
