import type { OrderStore } from '../../ports/order-store.ts'
import { couchbaseArrivals } from './couchbase-arrivals.ts'
import { couchbaseConnection } from './couchbase-connection.ts'
import { couchbaseIntake } from './couchbase-intake.ts'
import { modifier } from './couchbase-json.ts'
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
  const modify = modifier(options)
  const forEach = boundedWork()
  // Whoever looks at a page does not wait behind a batch.
  const forEachRead = boundedWork()
  const shards = couchbaseShards(keyspaces, modify, forEachRead)
  const states = couchbaseOrderStates(keyspaces, modify)
  const arrivals = couchbaseArrivals({ keyspaces, shards, modify, forEach: forEachRead })
  const intake = couchbaseIntake(keyspaces, modify, options)
  const series = couchbaseSeries({ keyspaces, shards, modify, forEach }, options)
  const pageOf = couchbasePages(options, couchbaseQuery(connection), forEachRead)
  return {
    claim: (shard, owner) => shards.claim(shard, owner),
    version: shards.version,
    ...couchbaseOrders({ shards, states, series, arrivals, intake, forEach }),
    ...couchbaseLedger({ keyspaces, shards, states, arrivals, intake, modify, forEach }),
    ...couchbaseViews({ keyspaces, shards, states, arrivals, modify, forEach }),
    ...couchbaseStory(keyspaces, states),
    ...couchbaseSearch({ keyspaces, states, arrivals, pageOf }),
    ...intake,
    series: series.series,
    close: connection.close,
  }
}
