import { couchbaseConnection } from '../../../src/adapters/couchbase/couchbase-connection.ts'
import { readJson } from '../../../src/adapters/couchbase/couchbase-json.ts'
import { openKeyspaces } from '../../../src/adapters/couchbase/couchbase-keyspaces.ts'
import { keyOf } from '../../../src/adapters/couchbase/couchbase-directory.ts'
import type { ShardDocument } from '../../../src/adapters/couchbase/couchbase-shards.ts'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import type { MockBucket } from '../../support/couchbase/mock-server.ts'
import { storeOptions } from '../../support/couchbase/open-store.ts'
import { startWireProxy } from '../../support/couchbase/wire-proxy.ts'
import type { Mark, TorturedStore } from './tortured-store.ts'

/** Short, so that a lost answer costs a second or two and not ten. */
const kvTimeoutMs = 1_500

type Directory = Readonly<{ shards: readonly (readonly [string, string, string, number])[] }>

/** A bucket, which the services reach through a proxy that fails as it is told. */
export async function openCouchbaseTorturedStore(bucket: MockBucket): Promise<TorturedStore> {
  const proxy = await startWireProxy(bucket)
  // This one never fails; it keeps the SDK from the mock's other services.
  const around = await startWireProxy(bucket)
  const options = storeOptions(around)
  const reader = openCouchbaseStore(options)
  const connection = couchbaseConnection(options)
  const { shards } = openKeyspaces(connection, options)
  const readMark = async ([group, topic, topicId, partition]: Directory['shards'][number]): Promise<Mark[]> => {
    const read = await readJson<ShardDocument>(shards, keyOf({ group, topicId, partition }))
    if (!read) return []
    const { epoch, from, next, batchId } = read.document
    return [{ shard: { group, topic, topicId, partition }, epoch, from, next, batchId: batchId ?? '' }]
  }
  return {
    environment: {
      COUCHBASE_HOST: proxy.connectionString,
      COUCHBASE_BUCKET: bucket.bucket,
      ORDERMILL_COUCHBASE_COLLECTIONS: 'none',
      ORDERMILL_COUCHBASE_DURABILITY: 'none',
      ORDERMILL_COUCHBASE_CONNECT_TIMEOUT_MS: '5000',
      ORDERMILL_COUCHBASE_KV_TIMEOUT_MS: `${kvTimeoutMs}`,
    },
    reader,
    // A mock has no query service.
    sorts: false,
    documents: () => new Map([...proxy.documents()].filter(([key]) => /^\d+$/.test(key))),
    proxy,
    async marks() {
      const directory = await readJson<Directory>(shards, 'directory')
      return (await Promise.all((directory?.document.shards ?? []).map(readMark))).flat()
    },
    async close() {
      await reader.close()
      await connection.close()
      for (const one of [proxy, around]) one.close()
    },
  }
}
