/** `npm run torture -- --minutes N --seed S`: faults for N minutes, then the audit. Exits with 1 when a promise broke. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { torture } from './torture.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: `${Date.now() % 2 ** 31}` },
    plant: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const directory = await mkdtemp(join(tmpdir(), 'ordermill-torture-'))
console.log(`seed ${seed}, ${minutes} minutes, in ${directory}`)
const { complaints, faults, records, calls } = await torture({
  directory,
  seed,
  durationMs: minutes * 60_000,
  ...(values.plant === undefined ? {} : { plant: values.plant }),
  tell: (what) => console.log(`${new Date().toISOString()} ${what}`),
})
console.table(faults)
console.log(`${records} records acknowledged, ${calls} calls of the gateway, ${complaints.length} complaints`)
for (const complaint of complaints.slice(0, 50)) console.log(complaint)
if (complaints.length > 0) console.log(`repeat it with: npm run torture -- --minutes ${minutes} --seed ${seed}`)
if (!values.keep) await rm(directory, { recursive: true, force: true })
process.exitCode = complaints.length > 0 ? 1 : 0
