import { systemRuntime } from '../adapters/in-process/runtime.ts'
import { openCouchbaseStore } from '../adapters/couchbase/couchbase-store.ts'
import type { CouchbaseStoreOptions } from '../adapters/couchbase/couchbase-options.ts'
import type { Config } from '../config.ts'
import type { CouchbaseConfig } from '../config/read-couchbase.ts'
import { dayMs } from '../domain/window.ts'
import type { OrderStore } from '../ports/order-store.ts'

/** Who uses a store: a service waits longer for an answer than whoever looks at a page. */
export type StoreUser = 'service' | 'reader'

const readerTimeoutMs = 5_000

/** The store on the cluster that the configuration names; it connects when it is first used. */
export function openConfiguredCouchbase(
  config: Config & Readonly<{ couchbase: CouchbaseConfig }>,
  user: StoreUser,
): OrderStore {
  return openCouchbaseStore(couchbaseOptions(config, user))
}

export function couchbaseOptions(
  { couchbase, bucket, seriesRetentionDays }: Config & Readonly<{ couchbase: CouchbaseConfig }>,
  user: StoreUser,
): CouchbaseStoreOptions {
  const { password, caFile, connectTimeoutMs, kvTimeoutMs, queryTimeoutMs, ...rest } = couchbase
  const atMost = (limitMs: number) => (user === 'reader' ? Math.min(limitMs, readerTimeoutMs) : limitMs)
  const { now, random, sleep } = systemRuntime
  return {
    ...rest,
    bucket,
    password: password.reveal(),
    ...(caFile === '' ? {} : { caFile }),
    connectTimeoutMs: atMost(connectTimeoutMs),
    kvTimeoutMs: atMost(kvTimeoutMs),
    queryTimeoutMs: atMost(queryTimeoutMs),
    seriesRetentionMs: seriesRetentionDays * dayMs,
    now,
    random,
    sleep: (ms) => sleep(ms, never),
  }
}

const never = new AbortController().signal
