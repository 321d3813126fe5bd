import type { Bucket, Cluster } from 'couchbase'
import { dayMs } from '../../domain/window.ts'
import { OrdermillError } from '../../errors.ts'
import { connect } from './couchbase-driver.ts'
import { storeError } from './couchbase-errors.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'

/** The bucket is opened when it is first asked for: one that can't be is told on stderr by the SDK. */
export type Opened = Readonly<{ cluster: Cluster; bucket: () => Bucket }>

/** One connection, made at the first use and kept; the SDK mends it. A first connect that failed is tried at the next use. */
export type Connection = Readonly<{ open: () => Promise<Opened>; close: () => Promise<void> }>

/**
 * Measured: a quarter of the time of a small operation goes into spans and histograms that nobody reads.
 *
 * Orphan reporting stays on, and writes its line once a day: without it SDK 4.7.0 dereferences a null pointer at every
 * request that times out or loses its connection, and the process dies of SIGSEGV.
 */
const quiet = {
  tracingConfig: { enableTracing: false },
  metricsConfig: { enableMetrics: false },
  orphanReporterConfig: { emitInterval: dayMs, sampleSize: 1 },
} as const

export function couchbaseConnection(options: CouchbaseStoreOptions): Connection {
  let opening: Promise<Opened> | undefined
  let isClosed = false

  async function openOnce(): Promise<Opened> {
    try {
      const cluster = await connectCluster(options)
      return { cluster, bucket: () => cluster.bucket(options.bucket) }
    } catch (error) {
      opening = undefined
      throw storeError(error, `let us in at ${options.connectionString}`)
    }
  }

  return {
    open() {
      if (isClosed) return Promise.reject(new OrdermillError('STORE_UNAVAILABLE', 'the store is closed: open it again'))
      opening ??= openOnce()
      return opening
    },
    async close() {
      isClosed = true
      const opened = await opening?.catch(() => undefined)
      await opened?.cluster.close()
    },
  }
}

function connectCluster(options: CouchbaseStoreOptions): Promise<Cluster> {
  const { connectionString, username, password, caFile, connectTimeoutMs, kvTimeoutMs, queryTimeoutMs } = options
  return connect(connectionString, {
    ...quiet,
    username,
    password,
    ...(caFile === undefined ? {} : { security: { trustStorePath: caFile } }),
    timeouts: {
      bootstrapTimeout: connectTimeoutMs,
      connectTimeout: connectTimeoutMs,
      resolveTimeout: connectTimeoutMs,
      kvTimeout: kvTimeoutMs,
      kvDurableTimeout: kvTimeoutMs,
      queryTimeout: queryTimeoutMs,
    },
  })
}
