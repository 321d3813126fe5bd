import type { Connection } from './couchbase-connection.ts'
import { keyspace, type Keyspace } from './couchbase-keyspace.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'

/**
 * What is kept where. Every document of ours has a member `kind`, since kinds share a collection where the server knows
 * but one.
 */
export const collectionNames = [
  /** Order states by identity, and for ids that are used again, which identities an id has. */
  'orders',
  /** The ledger by identity. */
  'payments',
  'alerts',
  'dead_letters',
  /** Shards, and the directory that names them. */
  'shards',
  /** Segments of the lists of what came in. */
  'arrivals',
  'series',
  /** Order ids that were given, and idempotency keys. */
  'intake',
] as const
export type CollectionName = (typeof collectionNames)[number]

/** `documents` are the contract's; a collection that others read. */
export type Keyspaces = Readonly<Record<CollectionName, Keyspace> & { documents: Keyspace }>

export function openKeyspaces({ open }: Connection, options: CouchbaseStoreOptions): Keyspaces {
  const documents = keyspace(open, ({ bucket }) => bucket().defaultCollection(), options)
  const ours = collectionNames.map((name) => [name, ofName(open, name, options)] as const)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries forgets what the keys are
  return { documents, ...(Object.fromEntries(ours) as Record<CollectionName, Keyspace>) }
}

function ofName(open: Connection['open'], name: CollectionName, options: CouchbaseStoreOptions): Keyspace {
  const { scope } = options
  return options.collections === 'scoped'
    ? keyspace(open, ({ bucket }) => bucket().scope(scope).collection(name), options)
    : keyspace(open, ({ bucket }) => bucket().defaultCollection(), options, `${scope}:${name}:`)
}
