import { kafkaSettings } from './config/kafka-settings.ts'
import { readKafka, type KafkaConfig } from './config/read-kafka.ts'
import { invalid, readSettings, type Environment, type ValuesOf } from './config/setting.ts'
import { settings } from './config/settings.ts'

export type Config = ValuesOf<typeof settings> & Readonly<{ kafka: KafkaConfig | undefined }>

/**
 * Every setting, in the order of the configuration reference, which is generated from this: its name, what it means, its
 * default as text, and what it takes.
 */
export const settingDescriptions: readonly Readonly<Record<'name' | 'about' | 'fallback' | 'expects', string>>[] = [
  ...Object.values(settings),
  ...Object.values(kafkaSettings),
]

/** Set by other parts: by the test suite, and by the command line to find a server. */
const otherNames = /^ORDERMILL_(TEST_|UPDATE_|URL$|TOKEN$)/
const partitionsOnKafka = 6

/**
 * Reads the environment; an empty variable counts as missing.
 *
 * @throws {OrdermillError} CONFIG_INVALID naming the variable, what it was and what it takes
 */
export function readConfig(environment: Environment): Config {
  refuseUnknown(environment)
  refuseCouchbase(environment)
  const values = readSettings(settings, environment)
  const kafka = readKafka(environment)
  const isDefault = !environment[settings.partitions.name]
  return { ...values, kafka, partitions: kafka && isDefault ? partitionsOnKafka : values.partitions }
}

function refuseUnknown(environment: Environment): void {
  const names = new Set(settingDescriptions.map(({ name }) => name))
  const unknown = Object.keys(environment).find(
    (name) => name.startsWith('ORDERMILL_') && !names.has(name) && !otherNames.test(name),
  )
  if (unknown) throw invalid(`${unknown} is not a setting: see docs/reference/configuration.md`)
}

/** Starting on another store although one was named would count the orders in two places. */
function refuseCouchbase(environment: Environment): void {
  if (!environment['COUCHBASE_HOST']) return
  throw invalid(
    'COUCHBASE_HOST is set, but this version keeps its store in SQLite: unset it, and on Kafka set ORDERMILL_STORE=sqlite',
  )
}
