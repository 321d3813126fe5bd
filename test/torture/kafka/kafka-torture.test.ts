import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { kafkaSuiteOptions } from '../../support/kafka/suite.ts'
import { tempDir } from '../../support/temp.ts'
import { tortureOnKafka } from './kafka-torture.ts'

/** A run of `npm run torture -- --kafka` is minutes or hours long; this one shows that it works. */
const durationMs = 36_000
const seed = Number(process.env['ORDERMILL_TEST_SEED'] ?? 1)

describe('services on Kafka that are killed, put to sleep and doubled', kafkaSuiteOptions({ ownBroker: true }), () => {
  it('leave exact topics, totals, documents and payments', async (t) => {
    t.diagnostic(`seed ${seed}`)
    const told: string[] = []
    const tell = (what: string): void => void told.push(what)
    const options = { directory: await tempDir(t), seed, durationMs, brokers: 1, tell } as const
    const { complaints, records, faults, peaks, drainedMs } = await tortureOnKafka(options)
    const repeat = `npm run torture -- --kafka --brokers 1 --minutes 0.6 --seed ${seed}`
    assert.deepEqual(complaints.slice(0, 20), [], `repeat it with: ${repeat}\n${told.join('\n')}`)
    const zombies = Object.keys(faults).filter((fault) => fault.includes('zombie'))
    assert.ok(zombies.length > 0, 'somebody was a zombie')
    assert.ok(records > 1_000, `${records} records acknowledged`)
    t.diagnostic(`${records} records, drained in ${drainedMs} ms, at most ${peaks.rssMiB} MiB a process`)
  })
})
