import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { openSqliteLog } from '../../src/adapters/sqlite/sqlite-log.ts'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { journeyReader } from '../../src/operations/journey-reader.ts'
import type { Journey } from '../../src/operations/journey.ts'
import { orderRecord } from '../support/order-json.ts'
import { openRig, serviceNames, type Rig, type RigOptions } from '../support/pipeline-rig.ts'
import { tempDir } from '../support/temp.ts'

type Told = Rig & Readonly<{ tell: (orderId: number) => Promise<Journey> }>

async function openTold(t: TestContext, options: RigOptions = {}): Promise<Told> {
  const directory = await tempDir(t)
  const log = openSqliteLog({ file: join(directory, 'log.db') })
  const store = openSqliteStore({ file: join(directory, 'store.db') })
  t.after(async () => {
    await store.close()
    await log.close()
  })
  const rig = await openRig({ log, store, partitions: 3, policy: 'billable', ...options })
  return { ...rig, tell: journeyReader({ log, store, topic: 'orders' }) }
}

function kindsOf({ events }: Journey): readonly string[] {
  return events.map(({ kind }) => kind)
}

describe('the journey of an order', () => {
  it('is received, cleared, charged, paid and counted, each with its record in the log', async (t) => {
    const rig = await openTold(t)
    const others = Array.from({ length: 50 }, (_, index) => orderRecord(100 + index))
    await rig.append(...others)
    const [place] = await rig.append(orderRecord(7))
    await rig.run(...serviceNames)
    const journey = await rig.tell(7)
    assert.deepEqual(kindsOf(journey), ['received', 'fraud-cleared', 'payment-decided', 'payment-settled', 'counted'])
    const { topic, partition, offset } = place ?? { topic: '', partition: 0, offset: 0 }
    const [received, , , paid, counted] = journey.events
    assert.deepEqual(received?.record, { topic, partition, offset })
    assert.equal(received.detail, 'CREATED, 12.34 USD, US, customer 1234')
    assert.deepEqual([paid?.title, paid?.record?.topic, paid?.group], ['Paid', 'payments', 'payments-group'])
    assert.equal(counted?.record?.topic, 'order-analytics')
    assert.match(counted.detail, /^order_count \d+, true for the records of its partition below \d+$/)
    for (const record of [paid?.record, counted.record]) await assertThere(rig, record ?? undefined)
    assert.deepEqual([journey.pending, journey.truncated, journey.identities], [[], false, 1])
    assert.ok((journey.durationMs ?? -1) >= 0)
  })
})

async function assertThere(
  { log }: Rig,
  place: Readonly<{ topic: string; partition: number; offset: number }> | undefined,
) {
  assert.ok(place)
  const { records } = await log.read({ ...place, recordsMax: 1, bytesMax: 1 })
  assert.equal(records[0]?.offset, place.offset)
}
