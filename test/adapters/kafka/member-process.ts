import { stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import type { KafkaLogOptions } from '../../../src/adapters/kafka/kafka-log.ts'
import { valueOf } from '../../support/log-harness.ts'
import { newKafkaLog } from './rig.ts'

/** A member in a process of its own, which copies records. It tells each batch, and waits for a line when told to. */
export type MemberSettings = Readonly<{
  bootstrap: string
  clientId: string
  group: string
  topic: string
  out: string
  recordsMax: number
  /** Every step waits for a line of the standard input. */
  waits: boolean
  delivery: KafkaLogOptions['delivery']
}>

const settings = JSON.parse(process.argv[2] ?? '') as MemberSettings
const { bootstrap, clientId, group, topic, out, recordsMax, waits, delivery } = settings
const lines = createInterface({ input: stdin })[Symbol.asyncIterator]()
const log = newKafkaLog(bootstrap, { clientId, delivery })

await log.transform(
  { group, topics: [topic], recordsMax, bytesMax: 1_000_000 },
  async ({ slices }) => {
    const records = slices.flatMap((slice) => slice.records)
    stdout.write(`${JSON.stringify(records.map(valueOf))}\n`)
    if (waits) await lines.next()
    return records.map(({ key, value, partition }) => ({ topic: out, key, value, partition }))
  },
  new AbortController().signal,
)
