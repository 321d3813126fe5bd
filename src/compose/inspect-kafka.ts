import { orderGroups, viewsGroup } from '../codec/groups.ts'
import type { Config } from '../config.ts'
import type { KafkaConfig } from '../config/read-kafka.ts'
import { inTime } from '../pipeline/in-time.ts'
import { totalLag } from '../ports/lag.ts'
import type { Log, TopicDescription } from '../ports/log.ts'
import type { CouchbaseReport } from '../adapters/couchbase/couchbase-inspect.ts'
import { behindLog, type Applied, type GroupBehind } from './inspect.ts'
import { openConfiguredKafka } from './kafka.ts'
import { askForTopics } from './storage.ts'
import { topicSpecs } from './topics.ts'

/** What a question to the broker came to; `problem` says why it was not answered. */
export type Asked<Answer> = Readonly<{ answer: Answer; problem?: undefined } | { answer?: undefined; problem: string }>

export type GroupLag = Readonly<{ group: string; records: number }>

export type KafkaReport = Readonly<{
  /** How it is reached, without secrets. */
  access: string
  topics: Asked<readonly TopicDescription[]>
  /** Names of needed topics that are not there, or that the login may not see. */
  missing: readonly string[]
  /** A record of the input was asked for, as every service does. */
  read: Asked<undefined>
  lag: Asked<readonly GroupLag[]>
  /** What the groups have committed and the store does not have. */
  behind: Asked<readonly GroupBehind[]>
  /** undefined where the store is a file. */
  store: Asked<CouchbaseReport> | undefined
}>

const closeTimeoutMs = 2_000
const unasked = { problem: 'the broker did not answer the first question' }

/** Asks the broker what can be asked without changing anything. Rejects never for what the broker refuses. */
export async function inspectKafka(config: Config & Readonly<{ kafka: KafkaConfig }>): Promise<KafkaReport> {
  const log = openConfiguredKafka(config, undefined)
  const access = accessText(config.kafka)
  try {
    const topics = await ask(askForTopics(log, config))
    if (topics.problem !== undefined)
      return {
        access,
        topics,
        missing: [],
        read: unasked,
        lag: unasked,
        behind: unasked,
        store: await askStore(config),
      }
    return { access, topics, ...(await questions(config, log, topics.answer)) }
  } finally {
    await inTime(log.close(), closeTimeoutMs, () => {}).catch(() => {})
  }
}

async function questions(config: Config, log: Log, topics: readonly TopicDescription[]) {
  const known = new Set(topics.map(({ name }) => name))
  return {
    missing: topicSpecs(config)
      .map(({ name }) => name)
      .filter((name) => !known.has(name)),
    read: await ask(readInput(log, config.topic, topics)),
    lag: await ask(lagOf(log)),
    ...(await storeQuestions(config, log)),
  }
}

async function storeQuestions(config: Config, log: Log) {
  if (!config.couchbase) return { behind: await ask(behindLog(config, log)), store: undefined }
  let store: Asked<CouchbaseReport> | undefined
  const readApplied = async (): Promise<Applied> => {
    store = await askStore(config)
    return store?.answer?.applied ?? new Map()
  }
  const behind = await ask(behindLog(config, log, readApplied))
  return { behind: store?.problem === undefined ? behind : { answer: [] }, store: store ?? (await askStore(config)) }
}

async function askStore(config: Config): Promise<Asked<CouchbaseReport> | undefined> {
  const { couchbase } = config
  if (!couchbase) return undefined
  const { inspectCouchbaseStore } = await import('../adapters/couchbase/couchbase-inspect.ts')
  const { couchbaseOptions } = await import('./couchbase.ts')
  return ask(inspectCouchbaseStore(couchbaseOptions({ ...config, couchbase }, 'reader')))
}

async function readInput(log: Log, topic: string, topics: readonly TopicDescription[]): Promise<undefined> {
  const [first] = topics.find(({ name }) => name === topic)?.partitions ?? []
  if (first) await log.read({ topic, partition: first.partition, offset: first.begin, recordsMax: 1, bytesMax: 1 })
}

async function lagOf(log: Log): Promise<readonly GroupLag[]> {
  const groups = [...Object.values(orderGroups), viewsGroup]
  return Promise.all(groups.map(async (group) => ({ group, records: totalLag(await log.lag(group)) })))
}

async function ask<Answer>(question: Promise<Answer>): Promise<Asked<Answer>> {
  try {
    return { answer: await question }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

function accessText({ bootstrap, access }: KafkaConfig): string {
  const { tls, sasl } = access.reveal()
  const own = tls?.cert === undefined ? '' : ', with a certificate of our own'
  const security = tls ? `TLS${own}` : 'no TLS'
  return `${bootstrap.join(', ')} (${security}, ${sasl ? `SASL ${sasl.mechanism}` : 'no login'})`
}
