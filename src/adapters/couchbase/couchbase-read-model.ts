import type { OrderQueries } from '../../ports/order-queries.ts'
import type { RebuildStore } from '../../ports/rebuilds.ts'
import { couchbaseArrivals, type CouchbaseArrivals } from './couchbase-arrivals.ts'
import type { Generations } from './couchbase-generations.ts'
import type { CouchbaseIdentities } from './couchbase-identities.ts'
import type { Writer } from './couchbase-json.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { couchbaseLedger } from './couchbase-ledger.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import { couchbaseOrders } from './couchbase-orders.ts'
import type { Trust } from './couchbase-order-documents.ts'
import type { OrderStates } from './couchbase-order-states.ts'
import { couchbaseSeries } from './couchbase-series.ts'
import { couchbaseShards } from './couchbase-shards.ts'
import { couchbaseViews } from './couchbase-views.ts'
import type { ForEach } from './couchbase-work.ts'
import type { Intake } from '../../ports/intake.ts'

export type ReadModelDeps = Readonly<{
  keyspaces: Keyspaces
  identities: CouchbaseIdentities
  statesBy: (trust: Trust) => OrderStates
  intake: Intake
  modify: Writer['modify']
  forEach: ForEach
  forEachRead: ForEach
  options: CouchbaseStoreOptions
}>

export type ReadModel = RebuildStore &
  Pick<OrderQueries, 'viewCounts' | 'series' | 'nextSeriesDay' | 'version'> &
  Readonly<{ arrivals: CouchbaseArrivals }>

/**
 * What is written and summed in one generation: the live one, or another.
 *
 * @param trust `records` for a rebuild, which puts right what is shared
 */
export function couchbaseReadModel(deps: ReadModelDeps, generations: Generations, trust: Trust): ReadModel {
  const { keyspaces, identities, statesBy, intake, modify, forEach, forEachRead, options } = deps
  const shards = couchbaseShards(generations, modify, forEachRead)
  const arrivals = couchbaseArrivals(generations, modify, forEachRead)
  const series = couchbaseSeries({ generations, shards, modify, forEach, forEachRead }, options)
  return {
    claim: (shard, owner) => shards.claim(shard, owner),
    shards: shards.summaries,
    version: shards.version,
    series: series.series,
    nextSeriesDay: series.nextSeriesDay,
    ...couchbaseOrders({ shards, identities, states: statesBy(trust), series, arrivals, intake, forEach }),
    ...couchbaseLedger({ keyspaces, shards, identities, arrivals, intake, trust, modify, forEach }),
    ...couchbaseViews({ shards, identities, arrivals, modify, forEach }),
    arrivals,
  }
}
