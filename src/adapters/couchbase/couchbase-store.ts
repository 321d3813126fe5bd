import type { OrderStore } from '../../ports/order-store.ts'
import type { RebuildStore } from '../../ports/rebuilds.ts'
import { couchbaseConnection } from './couchbase-connection.ts'
import { couchbaseGenerations, generationKeyspaces, type Choose } from './couchbase-generations.ts'
import { couchbaseIdentities } from './couchbase-identities.ts'
import { couchbaseIntake } from './couchbase-intake.ts'
import { couchbaseWriter } from './couchbase-json.ts'
import { openKeyspaces } from './couchbase-keyspaces.ts'
import { couchbaseLetterSearch } from './couchbase-letter-search.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import type { Trust } from './couchbase-order-documents.ts'
import { couchbaseOrderStates } from './couchbase-order-states.ts'
import { couchbaseQuery } from './couchbase-query.ts'
import { couchbaseReadModel } from './couchbase-read-model.ts'
import { couchbaseRebuilds } from './couchbase-rebuilds.ts'
import { removeGeneration } from './couchbase-removal.ts'
import { couchbaseSearch } from './couchbase-search.ts'
import { carryShards } from './couchbase-shards.ts'
import { couchbaseStory } from './couchbase-story.ts'
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
  const identities = couchbaseIdentities(keyspaces, modify, forEach)
  const statesBy = (trust: Trust) => couchbaseOrderStates(keyspaces, writer, identities, trust)
  const states = statesBy('states')
  const intake = couchbaseIntake(keyspaces, modify, options)
  const pageOf = couchbasePages(options, couchbaseQuery(connection), forEachRead)
  const deps = { keyspaces, identities, statesBy, intake, modify, forEach, forEachRead, options }
  const open = generationKeyspaces(keyspaces)
  const generationsBy = (choose: Choose) => couchbaseGenerations(keyspaces, open, choose)
  const generations = generationsBy(({ live }) => live)
  const { arrivals, ...model } = couchbaseReadModel(deps, generations, 'states')
  const storeIn = (choose: Choose): RebuildStore => couchbaseReadModel(deps, generationsBy(choose), 'records')
  const carry = (from: number, to: number) => carryShards(open(from).shards, open(to).shards, modify)
  const remove = (number: number) => removeGeneration(open(number), forEachRead)
  return {
    ...model,
    ...couchbaseStory(keyspaces, generations, states, identities),
    ...couchbaseSearch({ keyspaces, states, arrivals, pageOf }),
    ...couchbaseLetterSearch({ generations, arrivals, pageOf }),
    ...couchbaseRebuilds({ keyspaces, modify, storeIn, carry, remove }),
    ...intake,
    close: connection.close,
  }
}
