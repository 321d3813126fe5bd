import { isCountry } from '../domain/country.ts'
import { isCurrency } from '../domain/currency.ts'
import { choice, decimal, list, optional, parsed, ratio, secret, text, whole } from './setting.ts'

/** Every setting but those of the broker. */
export const settings = {
  port: whole('PORT', '8000', 'Port of the page and the API; 0 takes any free one.', 0, 65_535),
  host: text('HOST', '127.0.0.1', 'Address to listen on. Any but loopback needs `ORDERMILL_TOKENS`.'),
  dataDir: text('ORDERMILL_DATA_DIR', './data', 'Directory of the embedded log and of the SQLite store.'),
  logLevel: choice('LOG_LEVEL', 'info', 'Least level that is logged.', [
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
    'silent',
  ]),
  logFormat: choice(
    'ORDERMILL_LOG_FORMAT',
    'auto',
    'Log lines for people or for machines; `auto` is `pretty` on a terminal.',
    ['auto', 'pretty', 'json'],
  ),
  topic: parsed('TOPIC_NAME', 'orders', 'Input topic.', 'a topic name: 1 to 200 of A-Z a-z 0-9 . _ -', (name) =>
    isTopicName(name) ? name : undefined,
  ),
  deadLetterTopics: parsed(
    'ORDERMILL_DEAD_LETTER_TOPICS',
    '',
    'Further topics that hold dead letters, of Kafka Connect, Spring or Kafka Streams, comma separated. They are listed; they are not created.',
    'topic names, comma separated',
    (value) => (list(value).every(isTopicName) ? list(value) : undefined),
  ),
  sleepSeconds: ratio('SLEEP_SECONDS', '2', 'Pause of the producer between two orders, in seconds.', 86_400),
  partitions: whole(
    'ORDERMILL_PARTITIONS',
    '1',
    'Partitions of topics that are created; 6 by default on Kafka, where they bound how many processes of a service share the work. The embedded log has one writer: more cost a fifth of its speed.',
    1,
    1_000,
  ),
  retentionHours: whole(
    'ORDERMILL_ORDERS_RETENTION_HOURS',
    '0',
    'Age at which input records may be removed from the log; 0 keeps them for ever. Counts when the topic is created.',
    0,
    876_000,
  ),
  batchRecordsMax: whole(
    'ORDERMILL_BATCH_RECORDS_MAX',
    '4000',
    'Records a service handles in one transaction. More is faster and takes more memory.',
    1,
    100_000,
  ),
  batchBytesMax: whole(
    'ORDERMILL_BATCH_BYTES_MAX',
    '8388608',
    'Bytes a service handles in one transaction.',
    65_536,
    1_073_741_824,
  ),
  bucket: text(
    'COUCHBASE_BUCKET',
    'order_analytics',
    'Bucket of the cluster; it also names the member that holds each order in `GET /api/analytics`.',
  ),
  store: optional(
    choice(
      'ORDERMILL_STORE',
      '',
      '`sqlite`: all processes are on one host and share the SQLite store in `ORDERMILL_DATA_DIR`. For `KAFKA_BOOTSTRAP_SERVERS` without `COUCHBASE_HOST`.',
      ['sqlite'],
    ),
  ),
  seriesRetentionDays: whole(
    'ORDERMILL_SERIES_RETENTION_DAYS',
    '0',
    'Age of order times at which their minutes may be dropped from the series of orders and sales; 0 keeps them for ever. Totals are not touched.',
    0,
    36_500,
  ),
  baseCurrency: parsed(
    'ORDERMILL_BASE_CURRENCY',
    'USD',
    'Currency of `total_sales`; the others are beside it.',
    'an ISO 4217 code',
    (code) => (isCurrency(code) ? code : undefined),
  ),
  orderIdReuse: choice(
    'ORDERMILL_ORDER_ID_REUSE',
    'refuse',
    'What a known `order_id` with another `created_at` is: `refuse` dead-letters it, `replace` takes it for an order of its own (producers that count from 1 again).',
    ['refuse', 'replace'],
  ),
  paymentPolicy: choice(
    'ORDERMILL_PAYMENT_POLICY',
    'all',
    '`all` pays every order once; `billable` skips cancelled orders and holds suspicious ones.',
    ['all', 'billable'],
  ),
  paymentConcurrency: whole('ORDERMILL_PAYMENT_CONCURRENCY', '256', 'Charges under way at once.', 1, 100_000),
  paymentTimeoutMs: whole(
    'ORDERMILL_PAYMENT_TIMEOUT_MS',
    '10000',
    'Time limit of one call to the gateway, in ms.',
    1,
    600_000,
  ),
  gatewayLatencyMs: whole(
    'ORDERMILL_GATEWAY_LATENCY_MS',
    '100',
    'Time that the simulated gateway takes for a charge, in ms.',
    0,
    600_000,
  ),
  gatewayDeclineRatio: ratio(
    'ORDERMILL_GATEWAY_DECLINE_RATIO',
    '0',
    'Share of orders that the simulated gateway declines.',
  ),
  gatewayFailRatio: ratio(
    'ORDERMILL_GATEWAY_FAIL_RATIO',
    '0',
    'Share of calls that the simulated gateway fails; they are repeated.',
  ),
  gatewayHangRatio: ratio(
    'ORDERMILL_GATEWAY_HANG_RATIO',
    '0',
    'Share of calls that the simulated gateway never answers; they time out and are repeated.',
  ),
  gatewaySeed: whole(
    'ORDERMILL_GATEWAY_SEED',
    '1',
    'Decides which orders the simulated gateway declines.',
    0,
    2 ** 31 - 1,
  ),
  fraudHighAmount: ratio(
    'ORDERMILL_FRAUD_HIGH_AMOUNT',
    '300',
    'An amount above this, in whole currency units, is high.',
    1e12,
  ),
  fraudHighAmountByCurrency: parsed(
    'ORDERMILL_FRAUD_HIGH_AMOUNT_BY_CURRENCY',
    '',
    'Limits for single currencies, such as `JPY=45000,EUR=280`.',
    'CODE=number, comma separated',
    limitsByCurrency,
  ),
  fraudHomeCountries: parsed(
    'ORDERMILL_FRAUD_HOME_COUNTRIES',
    'US,CA',
    'Countries whose orders raise no alert.',
    'ISO 3166-1 alpha-2 codes, comma separated',
    countryList,
  ),
  redrivesMax: whole(
    'ORDERMILL_REDRIVES_MAX',
    '3',
    'How often a record is redriven before its next dead letter is quarantined: such letters are redriven only when that is asked for.',
    1,
    1_000,
  ),
  healthPort: optional(
    whole(
      'ORDERMILL_HEALTH_PORT',
      '',
      'Port of `/livez`, `/readyz` and `/metrics` of a service that `ordermill run` runs; without it, it listens nowhere.',
      0,
      65_535,
    ),
  ),
  // What is no hash may be the token itself.
  tokens: secret(
    parsed(
      'ORDERMILL_TOKENS',
      '',
      'Who may use the API: `viewer:<sha256 of the token in hex>` or `operator:<...>`, comma separated. Empty: only loopback may be listened on, and everybody is operator.',
      'role:sha256, comma separated',
      tokenList,
    ),
  ),
  allowedHosts: parsed(
    'ORDERMILL_ALLOWED_HOSTS',
    '',
    'Host names besides localhost and `HOST` by which the page may be reached, comma separated.',
    'host names, comma separated',
    list,
  ),
  trustedProxies: whole('ORDERMILL_TRUSTED_PROXIES', '0', 'Proxies in front whose X-Forwarded-For is believed.', 0, 10),
  rateLimitPerMinute: whole(
    'ORDERMILL_RATE_LIMIT_PER_MINUTE',
    '60000',
    'API requests a minute from one address.',
    1,
    10_000_000,
  ),
  stuckSeconds: whole(
    'ORDERMILL_STUCK_SECONDS',
    '60',
    'A partition is stuck when its group has had records to read for so long and has not moved.',
    1,
    86_400,
  ),
  streamClientsMax: whole('ORDERMILL_STREAM_CLIENTS_MAX', '100', 'Live streams that are open at once.', 1, 10_000),
  streamTickMs: whole(
    'ORDERMILL_STREAM_TICK_MS',
    '25',
    'Least time between two live snapshots, in ms; 250 by default on Couchbase, where each asks over the network.',
    5,
    10_000,
  ),
} as const

function isTopicName(name: string): boolean {
  return /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/.test(name)
}

function countryList(value: string): readonly string[] | undefined {
  const codes = list(value)
  return codes.every(isCountry) ? codes : undefined
}

function limitsByCurrency(value: string): Readonly<Record<string, number>> | undefined {
  const limits = list(value).map((pair) => {
    const [code = '', limit = '', ...more] = pair.split('=')
    return isCurrency(code) && more.length === 0 ? ([code, decimal(limit)] as const) : undefined
  })
  const known = limits.flatMap((limit) => (limit?.[1] === undefined ? [] : [[limit[0], limit[1]] as const]))
  return known.length === limits.length ? Object.fromEntries(known) : undefined
}

export type TokenEntry = Readonly<{ role: 'viewer' | 'operator'; sha256: string }>

function tokenList(value: string): readonly TokenEntry[] | undefined {
  const entries = list(value).map((entry) => /^(viewer|operator):([0-9a-f]{64})$/.exec(entry))
  if (entries.includes(null)) return undefined
  return entries.flatMap((match) => {
    const [, role, sha256 = ''] = match ?? []
    return role === 'viewer' || role === 'operator' ? [{ role, sha256 }] : []
  })
}
