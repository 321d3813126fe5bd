import { cloudwatchSettings } from './config/cloudwatch-settings.ts'
import { couchbaseSettings } from './config/couchbase-settings.ts'
import { gatewaySettings } from './config/gateway-settings.ts'
import { kafkaSettings } from './config/kafka-settings.ts'
import { readCouchbase, type CouchbaseConfig } from './config/read-couchbase.ts'
import { readGateway, type GatewayConfig } from './config/read-gateway.ts'
import { readKafka, type KafkaConfig } from './config/read-kafka.ts'
import { invalid, readSettings, type Environment, type ValuesOf } from './config/setting.ts'
import { settings } from './config/settings.ts'

export type Config = ValuesOf<typeof settings> &
  Readonly<{
    kafka: KafkaConfig | undefined
    couchbase: CouchbaseConfig | undefined
    cloudwatch: CloudwatchConfig
    /** undefined: the simulated one. */
    gateway: GatewayConfig | undefined
  }>

export type CloudwatchConfig = ValuesOf<typeof cloudwatchSettings>

/**
 * Every setting, in the order of the configuration reference, which is generated from this: its name, what it means, its
 * default as text, and what it takes.
 */
export const settingDescriptions: readonly Readonly<Record<'name' | 'about' | 'fallback' | 'expects', string>>[] = [
  ...Object.values(settings),
  ...Object.values(gatewaySettings),
  ...Object.values(kafkaSettings),
  ...Object.values(couchbaseSettings),
  ...Object.values(cloudwatchSettings),
]

/** Set by other parts: by the test suite, and by the command line to find a server. */
const otherNames = /^ORDERMILL_(TEST_|URL$|TOKEN$)/
const partitionsOnKafka = 6
/** Each look for what is new asks every shard over the network, and a page shows four a second at most. */
const streamTickMsOnCouchbase = 250
/** The document of a list holds the newest batch, and must stay under 1 MB. */
const batchRecordsMaxOnCouchbase = 10_000

/** `isHalf` is for what needs only one of log and store. */
export type ReadOptions = Readonly<{ isHalf?: boolean }>

/**
 * Reads the environment; an empty variable counts as missing.
 *
 * @throws {OrdermillError} CONFIG_INVALID naming the variable, what it was and what it takes
 */
export function readConfig(environment: Environment, { isHalf = false }: ReadOptions = {}): Config {
  refuseUnknown(environment)
  const values = readSettings(settings, environment)
  const kafka = readKafka(environment)
  const couchbase = readCouchbase(environment)
  const gateway = readGateway(environment)
  const cloudwatch = readSettings(cloudwatchSettings, environment)
  const config = { ...values, kafka, couchbase, gateway, cloudwatch }
  refuseContradiction(config)
  if (!isHalf) refuseHalf(config)
  const isDefault = ({ name }: Readonly<{ name: string }>): boolean => !environment[name]
  return {
    ...config,
    partitions: kafka && isDefault(settings.partitions) ? partitionsOnKafka : values.partitions,
    streamTickMs: couchbase && isDefault(settings.streamTickMs) ? streamTickMsOnCouchbase : values.streamTickMs,
  }
}

function refuseUnknown(environment: Environment): void {
  const names = new Set(settingDescriptions.map(({ name }) => name))
  const unknown = Object.keys(environment).find(
    (name) => name.startsWith('ORDERMILL_') && !names.has(name) && !otherNames.test(name),
  )
  if (unknown) throw invalid(`${unknown} is not a setting: see docs/reference/configuration.md`)
}

/** One host's part beside one that many hosts share would count the orders in several places. */
function refuseHalf({ kafka, couchbase, store }: Config): void {
  const [broker, cluster] = [kafkaSettings.bootstrap.name, couchbaseSettings.host.name]
  if (couchbase && !kafka) throw invalid(`${cluster} is set without ${broker}: set both, or none to run embedded`)
  if (kafka && !couchbase && !store) {
    throw invalid(
      `${broker} is set, but no store that several hosts can share: set ${cluster}, or ${settings.store.name}=sqlite if all processes are on this host, or unset ${broker} to run embedded`,
    )
  }
}

function refuseContradiction({ couchbase, store, batchRecordsMax }: Config): void {
  if (!couchbase) return
  const cluster = couchbaseSettings.host.name
  if (store) throw invalid(`${cluster} and ${settings.store.name}=${store} are both set: keep one of them`)
  if (batchRecordsMax > batchRecordsMaxOnCouchbase) {
    const limit = `on Couchbase it must be ${batchRecordsMaxOnCouchbase} at most`
    throw invalid(`${settings.batchRecordsMax.name} is ${batchRecordsMax}, but ${limit}`)
  }
}
