import { randomUUID } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cached } from '../../test/support/kafka/cache.ts'
import { jarsName, kafkaJars, shortHash } from '../../test/support/kafka/jars.ts'
import { runTool } from '../../test/support/kafka/run-tool.ts'
import { pythonWithKafka } from '../../test/support/python.ts'
import { withDataDir } from '../workspace.ts'
import { runGuarded } from './guarded-run.ts'
import { consumerRateOf, producerRateOf, rateOf, type Rate } from './rate.ts'

const streamsDir = fileURLToPath(new URL('streams', import.meta.url))
const originalDir = fileURLToPath(new URL('original', import.meta.url))

export type Step = 'payment' | 'fraud' | 'analytics'

export type PeerOptions = Readonly<{
  bootstrap: string
  /** How many orders; the topic holds as many before a step starts. */
  records: number
  /** The input, or the producer's output. The topics of the contract are there as well. */
  topic?: string
  /** Of the Kafka client, as `name=value`, on top of ours. */
  settings?: readonly string[]
}>

/** Ours sends large batches, so Streams may too: the client's own 16 KiB would mean more requests a transaction. */
const streamsSettings = ['producer.batch.size=131072']

/** Kafka Streams, exactly once, doing one step in one process. Each run is an application of its own. */
export async function runStreams(step: Step, options: PeerOptions): Promise<Rate> {
  const { bootstrap, records, topic = 'orders', settings = [] } = options
  const classes = await compiledStreamsPeer()
  return withDataDir(async (stateDir) => {
    const fixed = [
      `bootstrap.servers=${bootstrap}`,
      `state.dir=${stateDir}`,
      `application.id=streams-${step}-${randomUUID()}`,
    ]
    const args = [step, topic, String(records), ...fixed, ...streamsSettings, ...settings]
    return rateOf(await runJava('StreamsPeer', args, [classes]))
  })
}

/** One of the original's programs in Python, without its sleeps and without a store; `settings` don't apply. */
export async function runOriginal(step: Step | 'producer', options: Omit<PeerOptions, 'settings'>): Promise<Rate> {
  const { bootstrap, records, topic = 'orders' } = options
  const env = {
    KAFKA_BOOTSTRAP_SERVERS: bootstrap,
    TOPIC_NAME: topic,
    GROUP_ID: `original-${step}-${randomUUID()}`,
    RECORDS: String(records),
    SLEEP_SECONDS: '0',
    PAYMENT_SECONDS: '0',
    CONFLUENT_API_KEY: '',
    CONFLUENT_API_SECRET: '',
  }
  // -B: nothing compiled is left in the clone.
  return rateOf(await runGuarded(await pythonWithKafka(), ['-B', join(originalDir, `${step}.py`)], { env }))
}

export type ProducerPerformanceOptions = PeerOptions & Readonly<{ recordBytes?: number }>

/** Kafka's own measure of its producer, acks=all: as fast as records of that size get in. */
export async function runProducerPerformance(options: ProducerPerformanceOptions): Promise<Rate> {
  const { bootstrap, records, topic = 'orders', settings = [], recordBytes = 180 } = options
  const what = ['--topic', topic, '--num-records', String(records), '--record-size', String(recordBytes)]
  const how = ['--throughput', '-1', '--producer-props', `bootstrap.servers=${bootstrap}`, 'acks=all', ...settings]
  return producerRateOf(await runJava('org.apache.kafka.tools.ProducerPerformance', [...what, ...how]))
}

/** Kafka's own measure of its consumer: bytes, not even turned into text. */
export async function runConsumerPerformance(options: Omit<PeerOptions, 'settings'>): Promise<Rate> {
  const { bootstrap, records, topic = 'orders' } = options
  const what = ['--bootstrap-server', bootstrap, '--topic', topic, '--messages', String(records)]
  const how = ['--show-detailed-stats', '--reporting-interval', '100', '--hide-header']
  return consumerRateOf(await runJava('org.apache.kafka.tools.ConsumerPerformance', [...what, ...how]))
}

async function runJava(main: string, args: readonly string[], classes: readonly string[] = []): Promise<string> {
  const classPath = [...classes, join(await kafkaJars(), '*')].join(':')
  return runGuarded('java', ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, main, ...args])
}

async function compiledStreamsPeer(): Promise<string> {
  const sources = globSync(join(streamsDir, '*.java')).toSorted()
  const text = sources.map((source) => readFileSync(source, 'utf8')).join('')
  return cached(`${jarsName}-streams-peer-${shortHash(text)}`, async (directory) => {
    await runTool('javac', ['--release', '17', '-cp', join(await kafkaJars(), '*'), '-d', directory, ...sources])
  })
}
