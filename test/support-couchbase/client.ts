import { connect, DocumentNotFoundError, type Cluster, type Collection } from 'couchbase'

export type Client = Readonly<{
  cluster: Cluster
  collection: Collection
  /** Before the server goes: closing while the bucket is still being opened lasts until that times out. */
  close: () => Promise<void>
}>

/** The real SDK with an open bucket. */
export async function connectTo(at: Readonly<{ connectionString: string; bucket: string }>): Promise<Client> {
  const cluster = await connect(at.connectionString, {
    username: 'any',
    password: 'any',
    // Both print to the log of their own accord.
    tracingConfig: { enableTracing: false },
    metricsConfig: { enableMetrics: false },
  })
  const collection = cluster.bucket(at.bucket).defaultCollection()
  await collection.touch('none', 0).catch(() => {})
  return { cluster, collection, close: () => cluster.close() }
}

/** The JSON document, or `undefined` when there is none. */
export async function stored(collection: Collection, key: string): Promise<unknown> {
  try {
    const found: Readonly<{ content: unknown }> = await collection.get(key)
    return found.content
  } catch (error) {
    if (error instanceof DocumentNotFoundError) return undefined
    throw error
  }
}
