/** How many nodes must have a write before it counts, as the server calls it. */
export const durabilities = ['none', 'majority', 'majorityAndPersistActive', 'persistToMajority'] as const
export type Durability = (typeof durabilities)[number]

export type CouchbaseStoreOptions = Readonly<{
  /** `couchbase://` or `couchbases://`, with the hosts. */
  connectionString: string
  username: string
  password: string
  /** PEM file of the authorities that the server's certificate may come from, instead of the system's. */
  caFile?: string
  /** It must exist. Its default collection holds the contract's order documents, and nothing else of ours. */
  bucket: string
  /** Of everything else. */
  scope: string
  /** `none`: documents of ours are told apart by the prefix of their keys, for servers that know no collections. */
  collections: 'scoped' | 'none'
  durability: Durability
  connectTimeoutMs: number
  kvTimeoutMs: number
  queryTimeoutMs: number
  /** Age at which the minutes of the series may go; 0 keeps them for ever. */
  seriesRetentionMs: number
  /** Milliseconds since the Unix epoch. */
  now: () => number
  random: () => number
  sleep: (ms: number) => Promise<void>
}>
