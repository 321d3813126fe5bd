import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { topicSpecs } from '../src/compose/topics.ts'
import { readConfig } from '../src/config.ts'
import { startBroker } from '../test/support/kafka/broker.ts'
import { benchKafkaLatency } from './kafka-latency.ts'
import { openBenchLog } from './kafka-log.ts'
import { runConsumerPerformance, runOriginal, runProducerPerformance, runStreams } from './peers/run-peers.ts'
import type { Figure } from './report.ts'

const run = promisify(execFile)
const processFile = fileURLToPath(new URL('kafka-process.ts', import.meta.url))

/** Peers and ours take turns, so that what else the machine does meanwhile hits both. The best round of each counts. */
const rounds = 2
const slowPeerRecords = { producer: 5_000, payment: 100_000, fraud: 200_000, analytics: 200_000 } as const
const partitions = 6

type Rate = Readonly<{ recordsPerS: number; warmRecordsPerS?: number | undefined; peakMb?: number }>
type Ours = Readonly<{ gatewayMs?: number; store?: 'memory' | 'sqlite' }>

/** Ours and its peers on one broker, in one run: what counts are the ratios. */
export async function benchKafka(records: number): Promise<readonly Figure[]> {
  const broker = await startBroker({ jvm: ['-Xmx1g'] })
  try {
    const { bootstrap } = broker
    await createTopics(bootstrap)
    const figures: Figure[] = []
    const add = (figure: string, value: number, unit = 'records/s'): number => {
      figures.push({ bench: 'kafka', figure, value, unit })
      return value
    }
    const ours = (count: number, steps: readonly string[], how: Ours = {}) => runOurs(bootstrap, count, steps, how)

    const produced = add('produce: ours', (await ours(records, ['produce'])).recordsPerS)
    const ceiling = add(
      '  ProducerPerformance',
      (await runProducerPerformance({ bootstrap, records, topic: 'ceiling' })).recordsPerS,
    )
    const python = add(
      '  the original in Python',
      (await runOriginal('producer', { bootstrap, records: slowPeerRecords.producer, topic: 'ceiling' })).recordsPerS,
    )
    add('  ours / ProducerPerformance', produced / ceiling, 'x')
    add('  ours / Python', produced / python, 'x')
    add('consume: ConsumerPerformance', (await runConsumerPerformance({ bootstrap, records })).recordsPerS)

    for (const step of ['payment', 'fraud', 'analytics'] as const) {
      const turns = { ours: [] as Rate[], streams: [] as Rate[] }
      for (let round = 0; round < rounds; round += 1) {
        turns.ours.push(await ours(records, [step]))
        turns.streams.push(await runStreams(step, { bootstrap, records }))
      }
      const own = add(`${step} step, exactly once: ours`, best(turns.ours))
      add('  its second half', best(turns.ours, 'warmRecordsPerS'))
      const streams = add('  Kafka Streams', best(turns.streams))
      add('  its second half', best(turns.streams, 'warmRecordsPerS'))
      const original = await runOriginal(step, { bootstrap, records: slowPeerRecords[step] })
      add('  the original in Python', original.recordsPerS)
      add('  ours / Streams', own / streams, 'x')
      add(
        '  ours / Streams, second halves',
        best(turns.ours, 'warmRecordsPerS') / best(turns.streams, 'warmRecordsPerS'),
        'x',
      )
      add('  ours / Python', own / original.recordsPerS, 'x')
    }
    const together = await ours(records, ['payment', 'fraud', 'analytics'])
    add('all three together in one process: orders', together.recordsPerS / 3, 'orders/s')
    const stored = await ours(Math.min(records, 300_000), ['payment', 'fraud', 'analytics'], sqlite)
    add('  the same with the store in SQLite', stored.recordsPerS / 3, 'orders/s')
    add('  peak memory of that', stored.peakMb ?? Number.NaN, 'MB')
    const paid = Math.min(records, 20_000)
    add('payment with 100 ms of gateway, ledger in SQLite', (await ours(paid, ['payment'], real)).recordsPerS)
    const ledger = Math.min(records, 300_000)
    add('payment with ledger in SQLite, no gateway time', (await ours(ledger, ['payment'], sqlite)).recordsPerS)
    figures.push(...(await benchKafkaLatency(bootstrap)))
    return figures
  } finally {
    await broker.stop()
  }
}

const real: Ours = { gatewayMs: 100, store: 'sqlite' }
const sqlite: Ours = { store: 'sqlite' }

async function runOurs(
  bootstrap: string,
  count: number,
  steps: readonly string[],
  { gatewayMs = 0, store = 'memory' }: Ours,
): Promise<Rate> {
  const args = [processFile, bootstrap, String(count), String(gatewayMs), store, 'orders', ...steps]
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', ...args])
  return JSON.parse(stdout) as Rate
}

function best(rates: readonly Rate[], what: 'recordsPerS' | 'warmRecordsPerS' = 'recordsPerS'): number {
  return Math.max(...rates.map((rate) => rate[what] ?? Number.NaN))
}

async function createTopics(bootstrap: string): Promise<void> {
  const log = openBenchLog(bootstrap)
  const specs = topicSpecs(readConfig({ ORDERMILL_PARTITIONS: String(partitions) }))
  await log.createTopics([...specs, { name: 'ceiling', partitions, recordBytesMax: 1_000_000 }])
  await log.close()
}
