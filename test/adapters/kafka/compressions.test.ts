import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { quickJvm } from '../../support/kafka/broker-node.ts'
import { readCommitted } from '../../support/kafka/committed-reader.ts'
import { kafkaJars } from '../../support/kafka/jars.ts'
import { runTool } from '../../support/kafka/run-tool.ts'
import { kafkaSuiteOptions, useBroker } from '../../support/kafka/suite.ts'
import { numbered, readPartition } from '../../support/log-harness.ts'
import { tempDir } from '../../support/temp.ts'
import { openKafkaHarness } from './rig.ts'

const recordCount = 2_000

describe('records that Java compressed', kafkaSuiteOptions(), () => {
  const { bootstrap } = useBroker()

  it('in every way are read as Java reads them', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, bootstrap())
    const payloads = join(await tempDir(t), 'payloads')
    await writeFile(payloads, numbered(`${'payload '.repeat(30)} ü `, 500).join('\n'))
    const topics: string[] = []
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd']) {
      const topic = await createTopic({ recordBytesMax: 1_000_000 })
      await produceByJava(bootstrap(), { topic, payloads, compression })
      topics.push(topic)
    }
    // By one reader: each is a JVM that has to start.
    const judged = Map.groupBy(await readCommitted(bootstrap(), topics), ({ topic }) => topic)
    for (const topic of topics) {
      const expected = judged.get(topic) ?? []
      assert.equal(expected.length, recordCount)
      const seen = await readPartition(log, topic)
      assert.deepEqual(
        seen.map(({ offset, timestampMs, value }) => [offset, timestampMs, value && Buffer.from(value).toString()]),
        expected.map(({ offset, timestampMs, value }) => [offset, timestampMs, String(value)]),
      )
    }
  })
})

type Production = Readonly<{ topic: string; payloads: string; compression: string }>

async function produceByJava(bootstrap: string, { topic, payloads, compression }: Production): Promise<void> {
  const settings = [
    `bootstrap.servers=${bootstrap}`,
    `compression.type=${compression}`,
    'batch.size=100000',
    'linger.ms=20',
  ]
  const jvm = [...(await quickJvm()), '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
  const what = ['--topic', topic, '--num-records', String(recordCount), '--payload-file', payloads]
  const how = ['--throughput', '-1', '--producer-props', ...settings]
  const tool = ['-cp', join(await kafkaJars(), '*'), 'org.apache.kafka.tools.ProducerPerformance']
  await runTool('java', [...jvm, ...tool, ...what, ...how])
}
