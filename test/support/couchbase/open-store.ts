import { setTimeout } from 'node:timers/promises'
import type { CouchbaseStoreOptions } from '../../../src/adapters/couchbase/couchbase-options.ts'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import type { StoreOpeners } from '../../contract/order-store/open-store.ts'
import type { MockBucket, MockServer } from './mock-server.ts'
import { startSqlService } from './sql-service.ts'
import { startWireProxy } from './wire-proxy.ts'

/** Of a store on one bucket of a mock server, or on a proxy before it. */
export function storeOptions(
  { bucket, connectionString }: Pick<MockBucket, 'bucket' | 'connectionString'>,
  over: Partial<CouchbaseStoreOptions> = {},
): CouchbaseStoreOptions {
  return {
    connectionString,
    username: 'Administrator',
    password: 'password',
    bucket,
    scope: 'ordermill',
    collections: 'none',
    durability: 'none',
    connectTimeoutMs: 5_000,
    kvTimeoutMs: 10_000,
    queryTimeoutMs: 10_000,
    seriesRetentionMs: 0,
    now: Date.now,
    random: Math.random,
    sleep: (ms) => setTimeout(ms),
    ...over,
  }
}

/** Gives each bucket of a server once: every set of data has one of its own. */
export function freshBuckets(server: () => MockServer): () => MockBucket {
  let taken = 0
  return () => {
    const bucket = server().buckets[taken]
    taken += 1
    if (!bucket) throw new Error(`the ${taken - 1} buckets of the mock server are all taken: start it with more`)
    return bucket
  }
}

export function plainOpeners(take: () => MockBucket): StoreOpeners {
  return () => {
    const bucket = take()
    return Promise.resolve(() => Promise.resolve(openCouchbaseStore(storeOptions(bucket))))
  }
}

/** Each bucket behind a proxy that leads to a query service. */
export function searchableOpeners(take: () => MockBucket): StoreOpeners {
  return async (t) => {
    const service = await startSqlService()
    const proxy = await startWireProxy(take(), { query: { port: service.port } })
    service.search(proxy.documents)
    t.after(async () => {
      proxy.close()
      await service.stop()
    })
    return () => Promise.resolve(openCouchbaseStore(storeOptions(proxy)))
  }
}

export function bucketNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `bucket${index}`)
}
