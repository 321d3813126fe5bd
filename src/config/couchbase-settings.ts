import { choice, parsed, secret, text, whole, type ValuesOf } from './setting.ts'

/** How the store's cluster is reached and what is asked of it. */
export const couchbaseSettings = {
  host: parsed(
    'COUCHBASE_HOST',
    '',
    'Couchbase cluster that holds the store: a host, or a whole connection string. With `cloud.couchbase.com` in it: TLS. Without it the store is an SQLite file.',
    'a host name, or couchbase:// or couchbases:// with hosts',
    connectionString,
  ),
  username: text('COUCHBASE_USERNAME', 'Administrator', 'User on the cluster.'),
  password: secret(text('COUCHBASE_PASSWORD', 'password', 'Password that belongs to `COUCHBASE_USERNAME`.')),
  caFile: text(
    'ORDERMILL_COUCHBASE_CA_FILE',
    '',
    'PEM file with the certificate authorities that the cluster’s certificate may come from, instead of the system’s and Capella’s.',
  ),
  scope: parsed(
    'ORDERMILL_COUCHBASE_SCOPE',
    'ordermill',
    'Scope of everything that is kept besides the order documents. "ordermill store init" creates it.',
    '1 to 30 of A-Z a-z 0-9 _ -, no _ at the start',
    (name) => (/^[A-Za-z0-9-][A-Za-z0-9_-]{0,29}$/.test(name) ? name : undefined),
  ),
  collections: choice(
    'ORDERMILL_COUCHBASE_COLLECTIONS',
    'scoped',
    '`none` for servers without scopes and collections (before 7.0): everything is then in the bucket’s only collection, and the scope is a prefix of keys.',
    ['scoped', 'none'],
  ),
  durability: choice(
    'ORDERMILL_COUCHBASE_DURABILITY',
    'majority',
    'What a write waits for. `majority` survives a node that fails over, where the bucket has replicas; `persistToMajority` also a power cut of all. What a bucket loses is not made again by itself: see docs/guide/couchbase.md.',
    ['none', 'majority', 'majorityAndPersistActive', 'persistToMajority'],
  ),
  connectTimeoutMs: whole(
    'ORDERMILL_COUCHBASE_CONNECT_TIMEOUT_MS',
    '10000',
    'Time limit of one attempt to connect, in ms.',
    100,
    600_000,
  ),
  kvTimeoutMs: whole(
    'ORDERMILL_COUCHBASE_KV_TIMEOUT_MS',
    '10000',
    'Time limit of one operation by key of a service, in ms. The API waits at most 5,000.',
    100,
    600_000,
  ),
  queryTimeoutMs: whole(
    'ORDERMILL_COUCHBASE_QUERY_TIMEOUT_MS',
    '10000',
    'Time limit of one query, in ms.',
    100,
    600_000,
  ),
} as const

export type CouchbaseValues = ValuesOf<typeof couchbaseSettings>

/** Capella's names are the ones that always speak TLS. */
function connectionString(host: string): string | undefined {
  if (host === '') return ''
  if (/^couchbases?:\/\/[^\s/]+/.test(host)) return host
  if (!/^[A-Za-z0-9_.:,[\]-]+$/.test(host)) return undefined
  return host.includes('cloud.couchbase.com') ? `couchbases://${host}` : `couchbase://${host}`
}
