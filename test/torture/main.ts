/**
 * `npm run torture -- --minutes N --seed S [--[no-]cut-store | --kafka [--brokers 1] [--couchbase]]`: faults for N minutes, then the
 * audit. Exits with 1 when a promise broke.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tortureOnKafka } from './kafka/kafka-torture.ts'
import { torture } from './torture.ts'

const { values } = parseArgs({
  allowNegative: true,
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: `${Date.now() % 2 ** 31}` },
    plant: { type: 'string' },
    'cut-store': { type: 'boolean' },
    kafka: { type: 'boolean', default: false },
    couchbase: { type: 'boolean', default: false },
    'brokers-rest': { type: 'boolean', default: false },
    brokers: { type: 'string', default: '3' },
    keep: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const directory = await mkdtemp(join(tmpdir(), 'ordermill-torture-'))
console.log(`seed ${seed}, ${minutes} minutes, in ${directory}`)
const options = {
  directory,
  seed,
  durationMs: minutes * 60_000,
  tell: (what: string) => console.log(`${new Date().toISOString()} ${what}`),
}
const { complaints, faults, records, calls } = await (values.kafka ? onKafka() : onSqlite())
console.table(faults)
console.log(`${records} records acknowledged, ${calls} calls of the gateway, ${complaints.length} complaints`)
for (const complaint of complaints.slice(0, 50)) console.log(complaint)
const cuts = values['cut-store'] === undefined ? '' : ` --${values['cut-store'] ? '' : 'no-'}cut-store`
const ofKafka = ['--kafka', `--brokers ${values.brokers}`, ...flags('couchbase', 'brokers-rest')].join(' ')
const where = values.kafka ? ` ${ofKafka}` : cuts
if (complaints.length > 0) console.log(`repeat it with: npm run torture -- --minutes ${minutes} --seed ${seed}${where}`)
if (!values.keep) await rm(directory, { recursive: true, force: true })
process.exitCode = complaints.length > 0 ? 1 : 0

function flags(...names: readonly ('couchbase' | 'brokers-rest')[]): readonly string[] {
  return names.filter((name) => values[name]).map((name) => `--${name}`)
}

async function onSqlite() {
  const { plant, 'cut-store': cutsStore } = values
  const result = await torture({
    ...options,
    ...(plant === undefined ? {} : { plant }),
    ...(cutsStore === undefined ? {} : { cutsStore }),
  })
  console.log(`${result.redrives} redrives accepted`)
  return result
}

async function onKafka() {
  const planted = values.plant === undefined ? {} : { plantedSource: values.plant }
  const result = await tortureOnKafka({
    ...options,
    ...planted,
    brokers: values.brokers === '1' ? 1 : 3,
    store: values.couchbase ? 'couchbase' : 'sqlite',
    brokersRest: values['brokers-rest'],
  })
  const { peaks, drainedMs } = result
  console.log(`drained in ${drainedMs} ms, ${peaks.rssMiB} MiB and ${peaks.handles} handles a process at most`)
  return result
}
