import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
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

  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd']) {
    it(`with ${compression} are read as Java reads them`, async (t) => {
      const { log, createTopic } = await openKafkaHarness(t, bootstrap())
      const topic = await createTopic({ recordBytesMax: 1_000_000 })
      const payloads = join(await tempDir(t), 'payloads')
      await writeFile(payloads, numbered(`${'payload '.repeat(30)} ü `, 500).join('\n'))
      const settings = [
        `bootstrap.servers=${bootstrap()}`,
        `compression.type=${compression}`,
        'batch.size=100000',
        'linger.ms=20',
      ]
      const java = ['-Xmx256m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', join(await kafkaJars(), '*')]
      const what = ['--topic', topic, '--num-records', String(recordCount), '--payload-file', payloads]
      const how = ['--throughput', '-1', '--producer-props', ...settings]
      await runTool('java', [...java, 'org.apache.kafka.tools.ProducerPerformance', ...what, ...how])
      const judged = await readCommitted(bootstrap(), [topic])
      assert.equal(judged.length, recordCount)
      const seen = await readPartition(log, topic)
      assert.deepEqual(
        seen.map(({ offset, timestampMs, value }) => [offset, timestampMs, value && Buffer.from(value).toString()]),
        judged.map(({ offset, timestampMs, value }) => [offset, timestampMs, String(value)]),
      )
    })
  }
})
