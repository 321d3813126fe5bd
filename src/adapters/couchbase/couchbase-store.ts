import type { OrderStore } from '../../ports/order-store.ts'
import { couchbaseArrivals } from './couchbase-arrivals.ts'
import { couchbaseConnection } from './couchbase-connection.ts'
import { couchbaseIdentities } from './couchbase-identities.ts'
import { couchbaseIntake } from './couchbase-intake.ts'
import { couchbaseWriter } from './couchbase-json.ts'
import { openKeyspaces } from './couchbase-keyspaces.ts'
import { couchbaseLedger } from './couchbase-ledger.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import { couchbaseOrders } from './couchbase-orders.ts'
import { couchbaseOrderStates } from './couchbase-order-states.ts'
import { couchbaseQuery } from './couchbase-query.ts'
import { couchbaseSearch } from './couchbase-search.ts'
import { couchbaseSeries } from './couchbase-series.ts'
import { couchbaseShards } from './couchbase-shards.ts'
import { couchbaseStory } from './couchbase-story.ts'
import { couchbaseViews } from './couchbase-views.ts'
import { couchbasePages } from './couchbase-walks.ts'
import { boundedWork } from './couchbase-work.ts'

/**
 * A store on a Couchbase bucket, which any number of processes share. It connects at the first use, and again after a
 * failure at the next.
 *
 * There is no transaction over documents: those of the orders come first, idempotent, and the compare-and-swap of one
 * shard document makes a batch count. Rejects with STORE_UNAVAILABLE for what may pass, STORE_REFUSED for what somebody
 * has to change.
 */
export function openCouchbaseStore(options: CouchbaseStoreOptions): OrderStore {
  const connection = couchbaseConnection(options)
  const keyspaces = openKeyspaces(connection, options)
  const writer = couchbaseWriter(options)
  const { modify } = writer
  const forEach = boundedWork()
  // Whoever looks at a page does not wait behind a batch.
  const forEachRead = boundedWork()
  const shards = couchbaseShards(keyspaces, modify, forEachRead)
  const identities = couchbaseIdentities(keyspaces, modify, forEach)
  const states = couchbaseOrderStates(keyspaces, writer, identities)
  const arrivals = couchbaseArrivals({ keyspaces, shards, modify, forEach: forEachRead })
  const intake = couchbaseIntake(keyspaces, modify, options)
  const series = couchbaseSeries({ keyspaces, shards, modify, forEach, forEachRead }, options)
  const pageOf = couchbasePages(options, couchbaseQuery(connection), forEachRead)
  return {
    claim: (shard, owner) => shards.claim(shard, owner),
    version: shards.version,
    shards: shards.summaries,
    ...couchbaseOrders({ shards, identities, states, series, arrivals, intake, forEach }),
    ...couchbaseLedger({ keyspaces, shards, identities, arrivals, intake, modify, forEach }),
    ...couchbaseViews({ keyspaces, shards, identities, arrivals, modify, forEach }),
    ...couchbaseStory(keyspaces, states, identities),
    ...couchbaseSearch({ keyspaces, states, arrivals, pageOf }),
    ...intake,
    series: series.series,
    close: connection.close,
  }
}
