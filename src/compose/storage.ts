import { existsSync } from 'node:fs'
import { lockDirectory, shareDirectory } from '../adapters/sqlite/directory-lock.ts'
import { openSqliteLog } from '../adapters/sqlite/sqlite-log.ts'
import { openSqliteStore } from '../adapters/sqlite/sqlite-store.ts'
import type { Config } from '../config.ts'
import type { KafkaConfig } from '../config/read-kafka.ts'
import { dayMs } from '../domain/window.ts'
import { hasCode, OrdermillError } from '../errors.ts'
import { inTime } from '../pipeline/in-time.ts'
import type { Log, TopicDescription } from '../ports/log.ts'
import type { Intake } from '../ports/intake.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import type { OrderStore } from '../ports/order-store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { absentStore } from './absent-store.ts'
import type { StoreUser } from './couchbase.ts'
import { logFile, storeFile } from './data-files.ts'
import { forgetServer } from './server-file.ts'
import type { Trouble } from './trouble-log.ts'

/** Log and store of one system, which whoever opened them closes. */
export type Storage = Readonly<{ log: Log; store: OrderStore; close: () => Promise<void> }>
/** Hears what goes wrong behind the calls of a log. */
type OnTrouble = (trouble: Trouble) => void

export type OpenLog = Pick<Storage, 'log' | 'close'>
export type Reader = Readonly<{ log: Log; store: OrderQueries & Intake; close: () => Promise<void> }>

const connectTimeoutMs = 15_000
/** Of a log that could not be reached: it may wait for the broker in vain once more. */
const giveUpTimeoutMs = 2_000

/**
 * The log alone, to write. The embedded one takes the data directory, which one process may have at a time; on Kafka nothing
 * is exclusive, and the broker has answered.
 *
 * @throws {OrdermillError} DATA_DIR_LOCKED, CONFIG_INVALID, DATA_CORRUPT, LOG_REFUSED, LOG_UNAVAILABLE
 */
export async function openLog(config: Config, logger: Logger | undefined, onTrouble?: OnTrouble): Promise<OpenLog> {
  const log = await logOnKafka(config, logger, onTrouble)
  if (!log) return openEmbeddedLog(config)
  await reach(log, config)
  return { log, close: () => log.close() }
}

export type StorageOptions = Readonly<{ logger: Logger | undefined; user: StoreUser; onTrouble?: OnTrouble }>

/**
 * Log and store, to write. A store on a cluster that is away is no reason not to start: it is asked again.
 *
 * @throws {OrdermillError} what `openLog` throws, STORE_UNAVAILABLE for a file, STORE_REFUSED
 */
export async function openStorage(config: Config, options: StorageOptions): Promise<Storage> {
  const { log, close } = await openLog(config, options.logger, options.onTrouble)
  try {
    const store = await openStore(config, options)
    return { log, store, close: () => closeAll(store, { close }) }
  } catch (error) {
    await close()
    throw error
  }
}

async function openStore(config: Config, { logger, user }: StorageOptions): Promise<OrderStore> {
  const { kafka, store: named } = config
  const onCluster = await storeOnCouchbase(config, user)
  if (onCluster) return reached(onCluster, logger)
  if (kafka && !named) return absentStore('this process was given no store: set COUCHBASE_HOST')
  if (kafka) shareDirectory(config.dataDir)
  return openSqliteStore({ file: storeFile(config), ...seriesLimit(config) })
}

/** Loaded where it is needed: the driver takes 130 ms and 37 MB. */
async function storeOnCouchbase(config: Config, user: StoreUser): Promise<OrderStore | undefined> {
  const { couchbase } = config
  if (!couchbase) return undefined
  const { openConfiguredCouchbase } = await import('./couchbase.ts')
  return openConfiguredCouchbase({ ...config, couchbase }, user)
}

/** What refuses us now will refuse us later; what does not answer may answer later. */
async function reached(store: OrderStore, logger: Logger | undefined): Promise<OrderStore> {
  try {
    await inTime(store.version(), connectTimeoutMs, () => {
      throw new OrdermillError('STORE_UNAVAILABLE', `no answer within ${connectTimeoutMs / 1000} s`)
    })
  } catch (error) {
    if (!hasCode(error, 'STORE_UNAVAILABLE')) {
      await store.close()
      throw error
    }
    logger?.warn({ code: error.code, reason: error.message }, 'the store is away, and is asked again')
  }
  return store
}

function seriesLimit({ seriesRetentionDays }: Config) {
  return { seriesRetentionMs: seriesRetentionDays * dayMs, now: Date.now }
}

/**
 * Log and store beside their writers, or without one. Where there is no store yet, its reads say so.
 *
 * @throws {OrdermillError} NOT_FOUND when there is no embedded log yet, DATA_CORRUPT, LOG_UNAVAILABLE
 */
export async function openReader(config: Config, logger?: Logger): Promise<Reader> {
  const log = (await logOnKafka(config, logger)) ?? openEmbeddedReader(config)
  const store = await openStoreReader(config)
  return { log, store, close: () => closeAll(store, log) }
}

async function openStoreReader(config: Config): Promise<OrderStore> {
  const onCluster = await storeOnCouchbase(config, 'reader')
  if (onCluster) return onCluster
  const file = storeFile(config)
  if (existsSync(file)) return openSqliteStore({ file, readOnly: true })
  return absentStore(
    `there is no store ${file} yet, so nothing is counted: start the services on this data directory, or ask a server (--url)`,
  )
}

/**
 * The topics of a log: the first question to a broker, which tells whether it can be reached and lets us in.
 *
 * @throws {OrdermillError} LOG_REFUSED, LOG_UNAVAILABLE within a bounded time
 */
export async function askForTopics(log: Pick<Log, 'topics'>, config: Config): Promise<readonly TopicDescription[]> {
  try {
    return await inTime(log.topics(), connectTimeoutMs, () => {
      throw new OrdermillError('LOG_UNAVAILABLE', `no answer within ${connectTimeoutMs / 1000} s`)
    })
  } catch (error) {
    if (config.kafka && hasCode(error, 'LOG_UNAVAILABLE')) throw unreachable(config.kafka, error)
    throw config.kafka && hasCode(error, 'LOG_REFUSED') ? refused(config.kafka, error) : error
  }
}

function unreachable({ bootstrap }: KafkaConfig, cause: OrdermillError): OrdermillError {
  return new OrdermillError(
    'LOG_UNAVAILABLE',
    `no broker of ${bootstrap.join(',')} can be talked to (${cause.message.replace(/\.$/, '')}): check ` +
      'KAFKA_BOOTSTRAP_SERVERS, the network, and whether these listeners speak TLS (ORDERMILL_KAFKA_TLS)',
    { cause },
  )
}

function refused({ bootstrap }: KafkaConfig, cause: OrdermillError): OrdermillError {
  return new OrdermillError(
    'LOG_REFUSED',
    `${cause.message.replace(/\.$/, '')} on ${bootstrap.join(',')}: KAFKA_BOOTSTRAP_SERVERS, CONFLUENT_API_KEY or ` +
      'ORDERMILL_KAFKA_USERNAME with its secret, ORDERMILL_KAFKA_SASL_MECHANISM, ORDERMILL_KAFKA_TLS, ' +
      'ORDERMILL_KAFKA_CA_FILE and ORDERMILL_KAFKA_CERT_FILE',
    { cause },
  )
}

async function reach(log: Log, config: Config): Promise<void> {
  try {
    await askForTopics(log, config)
  } catch (error) {
    await inTime(log.close(), giveUpTimeoutMs, () => {}).catch(() => {})
    throw error
  }
}

/** Loaded where it is needed: the client compiles schemas for 140 ms in each thread. */
async function logOnKafka(config: Config, logger: Logger | undefined, onTrouble?: OnTrouble): Promise<Log | undefined> {
  const { kafka } = config
  if (!kafka) return undefined
  const { openConfiguredKafka } = await import('./kafka.ts')
  return openConfiguredKafka({ ...config, kafka }, logger, onTrouble)
}

function openEmbeddedLog(config: Config): OpenLog {
  const lock = lockDirectory(config.dataDir)
  try {
    // Left by a server that was killed.
    forgetServer(config.dataDir)
    const log = openSqliteLog({ file: logFile(config) })
    return { log, close: () => log.close().finally(lock.release) }
  } catch (error) {
    lock.release()
    throw error
  }
}

function openEmbeddedReader(config: Config): Log {
  const file = logFile(config)
  if (existsSync(file)) return openSqliteLog({ file, readOnly: true })
  throw new OrdermillError(
    'NOT_FOUND',
    `the data directory ${config.dataDir} holds no orders, and no server runs on it: run "ordermill start" or "ordermill import", ` +
      `or say where the data is (--data-dir, --demo, --url)`,
  )
}

/** One after the other; the last is closed whatever happens to those before it. */
async function closeAll(first: Pick<Log, 'close'>, last: Pick<Log, 'close'>): Promise<void> {
  try {
    await first.close()
  } finally {
    await last.close()
  }
}
