import { kafkaSettings, type KafkaKey, type KafkaValues } from './kafka-settings.ts'
import { readCertificates, readKeyPair, type FileSetting } from './pem-files.ts'
import { Sealed } from './sealed.ts'
import { invalid, readSettings, type Environment } from './setting.ts'

export type KafkaConfig = Readonly<{
  /** `host:port`, one at least. */
  bootstrap: readonly string[]
  delivery: KafkaValues['delivery']
  /** -1: the broker's own. */
  replicationFactor: number
  access: Sealed<KafkaAccess>
}>

/** Holds secrets. */
export type KafkaAccess = Readonly<{
  /** PEM texts. */
  tls?: Readonly<{ ca?: string; cert?: string; key?: string }>
  sasl?: Readonly<{ mechanism: Exclude<KafkaValues['mechanism'], null>; username: string; password: string }>
}>

/**
 * The cluster that the environment names; undefined when it names none.
 *
 * @throws {OrdermillError} CONFIG_INVALID for what is malformed, missing its other half, or contradicts another setting
 */
export function readKafka(environment: Environment): KafkaConfig | undefined {
  const values = readSettings(kafkaSettings, environment)
  refuseHalf(values, 'apiKey', 'apiSecret')
  refuseHalf(values, 'username', 'password')
  refuseHalf(values, 'certFile', 'keyFile')
  const { bootstrap, delivery, replicationFactor } = values
  if (bootstrap.length === 0) {
    refuseWithoutBroker(environment)
    return undefined
  }
  return { bootstrap, delivery, replicationFactor, access: new Sealed(accessOf(values)) }
}

function accessOf(values: KafkaValues): KafkaAccess {
  const sasl = saslOf(values)
  const tls = tlsOf(values)
  if (sasl?.mechanism === 'PLAIN' && !tls && values.tls === null) throw readablePassword()
  return { ...(tls ? { tls } : {}), ...(sasl ? { sasl } : {}) }
}

function saslOf({ apiKey, apiSecret, mechanism, username, password }: KafkaValues): KafkaAccess['sasl'] {
  if (apiKey && username) {
    throw invalid(`${name('apiKey')} and ${name('username')} are both set: keep the one login that the broker knows`)
  }
  if (mechanism && !username) {
    const login = apiKey ? `${name('apiKey')} means PLAIN` : 'nobody to log in as is set'
    throw invalid(`${name('mechanism')} is set, but ${login}: unset it, or set ${both('username', 'password')}`)
  }
  if (username && !mechanism) {
    throw invalid(
      `${name('username')} is set without ${name('mechanism')}: set it to ${kafkaSettings.mechanism.expects}`,
    )
  }
  if (apiKey) return { mechanism: 'PLAIN', username: apiKey, password: apiSecret }
  return mechanism ? { mechanism, username, password } : undefined
}

function tlsOf(values: KafkaValues): KafkaAccess['tls'] {
  const { tls, caFile, certFile } = values
  const needing = (['apiKey', 'caFile', 'certFile'] as const).find((key) => values[key])
  if (tls === 'off' && needing) {
    throw invalid(`${name('tls')} is off, but ${name(needing)} needs TLS: unset one of them`)
  }
  if (tls !== 'on' && !needing) return undefined
  return {
    ...(caFile ? { ca: readCertificates(fileOf(values, 'caFile')) } : {}),
    ...(certFile ? readKeyPair(fileOf(values, 'certFile'), fileOf(values, 'keyFile')) : {}),
  }
}

/** Half a login, or half a pair of files, is a mistake, whoever it was meant for. */
function refuseHalf(values: KafkaValues, a: KafkaKey, b: KafkaKey): void {
  if (Boolean(values[a]) === Boolean(values[b])) return
  const [set, missing] = values[a] ? [a, b] : [b, a]
  throw invalid(`${name(set)} is set without ${name(missing)}: set both, or none`)
}

/** Whoever set one of them meant a broker, and would find the orders in the embedded log instead. */
function refuseWithoutBroker(environment: Environment): void {
  const broker = name('bootstrap')
  const lonely = Object.values(kafkaSettings).find((setting) => isForBroker(setting.name) && environment[setting.name])
  if (lonely) throw invalid(`${lonely.name} is set without ${broker}: set ${broker} too, or unset it to run embedded`)
}

function isForBroker(variable: string): boolean {
  return variable.startsWith('CONFLUENT_') || variable.startsWith('ORDERMILL_KAFKA_')
}

function readablePassword() {
  return invalid(
    `${name('mechanism')} is PLAIN, which without TLS sends the password readable: set ${name('tls')}=on, or =off if that is meant`,
  )
}

function fileOf(values: KafkaValues, key: 'caFile' | 'certFile' | 'keyFile'): FileSetting {
  return { name: name(key), file: values[key] }
}

function name(key: KafkaKey): string {
  return kafkaSettings[key].name
}

function both(a: KafkaKey, b: KafkaKey): string {
  return `${name(a)} and ${name(b)}`
}
