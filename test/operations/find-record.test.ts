import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { analyticsTopic, encodeSnapshot } from '../../src/codec/analytics-codec.ts'
import { bytesOf } from '../../src/codec/bytes.ts'
import { emptyTotals } from '../../src/domain/totals.ts'
import { findSince, findSnapshot, scanRecordsMax } from '../../src/operations/find-record.ts'
import type { Log } from '../../src/ports/log.ts'

/** A log with one snapshot for each of `nexts`, which covers the records of orders-0 below it. */
async function withSnapshots(nexts: readonly number[]): Promise<Log> {
  const log = openMemoryLog()
  await log.createTopics([{ name: analyticsTopic, partitions: 1, recordBytesMax: 10_000 }])
  const position = { topicId: 't', partition: 0, offset: 0 }
  for (const next of nexts) {
    const snapshot = { totals: emptyTotals(), asOf: new Map([['orders', new Map([[0, next]])]]) }
    await log.append([encodeSnapshot('analytics-group', snapshot, 'USD', position)])
  }
  return log
}

const order = { topic: 'orders', partition: 0 }

describe('the first snapshot that covers a record', () => {
  it('is found wherever it is, among few and many, and among what is no snapshot', async () => {
    for (const count of [1, 2, 50, 51, 52, 300]) {
      const nexts = Array.from({ length: count }, (_, index) => (index + 1) * 10)
      const log = await withSnapshots(nexts)
      await log.append([{ topic: analyticsTopic, key: null, value: bytesOf('not ours') }])
      for (const offset of [0, 9, count * 5, count * 10 - 10, count * 10 - 1]) {
        const found = await findSnapshot(log, { ...order, offset }, { begin: 0, end: count + 1, sinceMs: 0 })
        assert.equal(found?.record.offset, Math.floor(offset / 10), `${offset} among ${count}`)
      }
      const behind = await findSnapshot(log, { ...order, offset: count * 10 }, { begin: 0, end: count + 1, sinceMs: 0 })
      assert.equal(behind, undefined)
    }
  })

  it('is not known where an older one may have been removed', async () => {
    const log = await withSnapshots([10, 20])
    const range = { begin: 1, end: 2, sinceMs: 0 }
    assert.equal(await findSnapshot(log, { ...order, offset: 5 }, range), undefined)
    assert.equal((await findSnapshot(log, { ...order, offset: 15 }, range))?.record.offset, 1)
  })
})

describe('looking for a record', () => {
  it('gives up after a bounded number of them', async () => {
    const log = openMemoryLog()
    await log.createTopics([{ name: 'payments', partitions: 1, recordBytesMax: 10_000 }])
    const filler = Array.from({ length: scanRecordsMax + 2_000 }, () => bytesOf('other'))
    await log.append([...filler, bytesOf('mine')].map((value) => ({ topic: 'payments', key: null, value })))
    let looked = 0
    const source = { topic: 'payments', partition: 0, sinceMs: 0 }
    const found = await findSince(log, source, ({ value }) => {
      looked += 1
      return value?.length === 4
    })
    assert.equal(found, undefined)
    assert.ok(looked >= scanRecordsMax && looked < scanRecordsMax + 2_000, `${looked}`)
  })
})
