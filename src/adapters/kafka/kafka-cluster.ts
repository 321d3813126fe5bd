import { FindCoordinatorKeyTypes, findCoordinatorV4, metadataV12 } from '@platformatic/kafka'
import { backoffMs, type Backoff } from '../../domain/backoff.ts'
import { OrdermillError } from '../../errors.ts'
import { openConnections, type Broker, type Connections, type KafkaConnection } from './kafka-connections.ts'
import { logClosed, unknownPartition, unknownTopic } from '../../ports/log-errors.ts'
import { hasProtocolError, logError, protocolErrorsIn, refusalIn, tolerating } from './kafka-errors.ts'

export type Topic = Readonly<{
  name: string
  id: string
  /** By partition number; undefined while the partition has no leader. */
  leaders: readonly (Broker | undefined)[]
}>

export type Runtime = Readonly<{
  /** Resolves after `durationMs`, or as soon as `signal` aborts. */
  sleep: (durationMs: number, signal: AbortSignal) => Promise<void>
  /** Uniform in [0, 1). */
  random: () => number
}>

/** Where things are in a cluster. What it has learnt is kept until `forget`, for whoever was sent to the wrong broker. */
export type Cluster = Readonly<{
  /** New connections, which the caller closes. */
  connect: () => Connections
  /** For short questions of everybody. */
  shared: Connections
  /** @throws {OrdermillError} TOPIC_UNKNOWN */
  topic: (name: string) => Promise<Topic>
  /** As they are now; those that do not exist are left out. All that this client may see when no names are given. */
  topics: (names?: readonly string[]) => Promise<readonly Topic[]>
  leader: (topic: string, partition: number) => Promise<Broker>
  coordinator: (kind: keyof typeof FindCoordinatorKeyTypes, key: string) => Promise<Broker>
  /** The broker that makes and removes topics. */
  controller: () => Promise<Broker>
  /** One at least. */
  brokers: () => Promise<readonly [Broker, ...Broker[]]>
  forget: () => void
  /** Whether the same call with the same arguments will fail again. */
  isLasting: (error: unknown) => boolean
  /** Asks one broker after another until one answers, those that are known first. */
  askAny: <Result>(question: (broker: Broker) => Promise<Result>) => Promise<Result>
  /**
   * Tries again while it fails by what may pass, and forgets in between where things were.
   *
   * @throws {OrdermillError} whatever `logError` makes of the last failure
   */
  persistently: <Result>(attempt: () => Promise<Result>, limits?: RetryLimits) => Promise<Result>
  close: () => Promise<void>
}>

export type RetryLimits = Readonly<{ forMs?: number; signal?: AbortSignal }>

const retryPause: Backoff = { baseMs: 20, maxMs: 1_000 }
const retryForMs = 10_000
/** Failures that the same call with the same arguments always meets again. */
const lasting: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
  'UNSUPPORTED_VERSION',
  'INCONSISTENT_GROUP_PROTOCOL',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
])

/** Asks to come again, to the same broker. */
const notOfPlaces = ['UNSTABLE_OFFSET_COMMIT', 'CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS']

/** Of a single topic or partition: the rest of the answer is good. */
const incomplete = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'REPLICA_NOT_AVAILABLE']

export function openCluster(connection: KafkaConnection, { sleep, random }: Runtime): Cluster {
  const bootstrap = connection.bootstrap.map(parseBroker)
  const shared = openConnections(connection)
  const closing = new AbortController()
  const known = new Map<string, Topic>()
  const coordinators = new Map<string, Broker>()
  let brokers: readonly Broker[] = []
  let controller: Broker | undefined

  /** Any broker that answers: those that are known first, since a bootstrap address may be a load balancer. */
  const askAny = async <Result>(question: (broker: Broker) => Promise<Result>): Promise<Result> => {
    let failure: unknown = logClosed()
    for (const broker of uniqueBrokers([...brokers, ...bootstrap])) {
      try {
        return await inTime(question(broker))
      } catch (error) {
        if (refusalIn(error) !== undefined || closing.signal.aborted) throw error
        failure = error
      }
    }
    throw failure
  }
  const describe = async (names: readonly string[] | undefined): Promise<readonly Topic[]> => {
    const response = await askAny((broker) =>
      tolerating(incomplete, shared.ask(broker, metadataV12.api, names ? [...names] : null, false, false)),
    )
    brokers = response.brokers.map(({ host, port }) => ({ host, port }))
    controller = response.brokers.find(({ nodeId }) => nodeId === response.controllerId)
    const found = topicsIn(response)
    for (const name of names ?? [...known.keys()]) known.delete(name)
    for (const topic of found) known.set(topic.name, topic)
    return found
  }
  const topic = async (name: string): Promise<Topic> => {
    const found = known.get(name) ?? (await describe([name]))[0]
    if (!found) throw unknownTopic(name)
    return found
  }
  const forget = (): void => {
    brokers = []
    known.clear()
    coordinators.clear()
    controller = undefined
  }

  return {
    connect: () => openConnections(connection),
    shared,
    topic,
    topics: describe,
    async leader(name, partition) {
      const { leaders } = await topic(name)
      if (partition >= leaders.length) throw unknownPartition(name, partition, leaders.length)
      const leader = leaders[partition]
      if (leader) return leader
      known.delete(name)
      throw new OrdermillError('LOG_UNAVAILABLE', `Partition ${partition} of ${name} has no leader now.`)
    },
    async coordinator(kind, key) {
      const id = `${kind} ${key}`
      const found = coordinators.get(id) ?? (await askAny((broker) => findCoordinator(shared, broker, kind, key)))
      coordinators.set(id, found)
      return found
    },
    async controller() {
      if (!controller) await describe([])
      return controller ?? noBroker()
    },
    async brokers() {
      if (brokers.length === 0) await describe([])
      const [first, ...others] = brokers
      return first ? [first, ...others] : noBroker()
    },
    forget,
    isLasting,
    askAny,
    async persistently(attempt, { forMs = retryForMs, signal = closing.signal } = {}) {
      const endMs = performance.now() + forMs
      for (let failures = 1; ; failures += 1) {
        try {
          return await attempt()
        } catch (error) {
          if (closing.signal.aborted) throw logClosed()
          if (isLasting(error) || signal.aborted || performance.now() > endMs) throw logError(error)
          if (!hasProtocolError(error, ...notOfPlaces)) forget()
          await sleep(backoffMs(retryPause, failures, random()), signal)
        }
      }
    },
    async close() {
      closing.abort()
      await shared.close()
    },
  }
}

function noBroker(): never {
  throw new OrdermillError('LOG_UNAVAILABLE', 'The Kafka cluster names no broker for this now.')
}

function isLasting(error: unknown): boolean {
  if (error instanceof OrdermillError) return !error.retryable
  if (refusalIn(error) !== undefined) return true
  return [...protocolErrorsIn(error)].some((name) => lasting.has(name))
}

async function findCoordinator(
  connections: Connections,
  broker: Broker,
  kind: keyof typeof FindCoordinatorKeyTypes,
  key: string,
): Promise<Broker> {
  const { coordinators } = await connections.ask(broker, findCoordinatorV4.api, FindCoordinatorKeyTypes[kind], [key])
  const [found] = coordinators
  if (!found) throw new OrdermillError('LOG_UNAVAILABLE', `No broker coordinates ${key} now.`)
  return { host: found.host, port: found.port }
}

function topicsIn({ topics, brokers }: metadataV12.MetadataResponse): readonly Topic[] {
  const byId = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
  return topics.flatMap(({ name, topicId, errorCode, isInternal, partitions }) => {
    if (!name || errorCode !== 0 || isInternal) return []
    const leaders: (Broker | undefined)[] = []
    for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = byId.get(leaderId)
    return [{ name, id: topicId, leaders }]
  })
}

/** Of a question that any broker answers at once. */
const answerWithinMs = 3_000

async function inTime<Result>(asked: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new OrdermillError('LOG_UNAVAILABLE', `a broker gave no answer within ${answerWithinMs} ms`))
  }, answerWithinMs)
  asked.catch(() => {})
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

function uniqueBrokers(brokers: readonly Broker[]): readonly Broker[] {
  return [...new Map(brokers.map((broker) => [`${broker.host}:${broker.port}`, broker])).values()]
}

function parseBroker(address: string): Broker {
  const separator = address.lastIndexOf(':')
  return { host: address.slice(0, separator).replaceAll(/^\[|\]$/g, ''), port: Number(address.slice(separator + 1)) }
}
