import type { ApiSettings, SystemInfo } from '../api/deps.ts'
import type { Config } from '../config.ts'
import { fraudRulesOf } from './fraud-rules.ts'

/** What the API is told of the configuration, whether it is served or only asked in this process. */
export function apiSettings(config: Config) {
  const { topic, baseCurrency, bucket, host, allowedHosts, tokens, trustedProxies, stuckSeconds, redrivesMax } = config
  return {
    inputTopic: topic,
    baseCurrency,
    offsetsHaveGaps: config.kafka !== undefined,
    bucket,
    host,
    allowedHosts,
    tokens,
    trustedProxies,
    stuckSeconds,
    redrivesMax,
    orderRules: { policy: config.paymentPolicy, reuse: config.orderIdReuse, fraud: fraudRulesOf(config) },
  } satisfies ApiSettings
}

export function systemInfo(
  config: Config,
  rest: Pick<SystemInfo, 'version' | 'started_at' | 'gateway' | 'services'>,
): SystemInfo {
  return {
    mode: config.kafka ? 'distributed' : 'embedded',
    data: whereData(config),
    payment_policy: config.paymentPolicy,
    base_currency: config.baseCurrency,
    input_topic: config.topic,
    ...rest,
  }
}

function whereData({ kafka, couchbase, dataDir }: Config): string {
  const log = kafka ? [`Kafka at ${kafka.bootstrap.join(', ')}`] : []
  const store = couchbase ? [`Couchbase at ${couchbase.connectionString}`] : [dataDir]
  return [...log, ...store].join('; ')
}
