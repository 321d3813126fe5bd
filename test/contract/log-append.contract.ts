import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { partitionOfKey } from '../../src/domain/partitioner.ts'
import { hasCode } from '../../src/errors.ts'
import type { Header, NewRecord } from '../../src/ports/log.ts'
import {
  numbered,
  openHarness,
  readPartition,
  readTopic,
  recordsOf,
  uniqueName,
  utf8,
  valueOf,
  type OpenFixture,
} from '../support/log-harness.ts'

export function describeAppend(openFixture: OpenFixture): void {
  describe('append and read', () => {
    it('reads a partition in the order of its appends, at the positions that append told', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic()
      const first = await log.append(recordsOf(topic, numbered('a', 50)))
      const second = await log.append(recordsOf(topic, numbered('b', 50)))
      const records = await readPartition(log, topic)
      assert.deepEqual(records.map(valueOf), [...numbered('a', 50), ...numbered('b', 50)])
      const positions = records.map(({ partition, offset, topicId }) => ({ topic, topicId, partition, offset }))
      assert.deepEqual([...first, ...second], positions)
      assert.ok(records.every(({ offset }, index) => index === 0 || offset > (records[index - 1]?.offset ?? offset)))
    })

    it('places keys as Kafka does, and a named partition before the key', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 7 })
      const keys = numbered('order-', 100).map(utf8)
      const byKey = await log.append(keys.map((key) => ({ topic, key, value: null })))
      assert.deepEqual(
        byKey.map(({ partition }) => partition),
        keys.map((key) => partitionOfKey(key, 7)),
      )
      const named = await log.append(keys.map((key) => ({ topic, key, value: null, partition: 3 })))
      assert.deepEqual(new Set(named.map(({ partition }) => partition)), new Set([3]))
    })

    it('takes records without a key', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 3 })
      const records = numbered('v', 20).map((value) => ({ topic, key: null, value: utf8(value) }))
      const positions = await log.append(records)
      assert.ok(positions.every(({ partition }) => partition >= 0 && partition < 3))
      assert.deepEqual((await readTopic(log, topic)).map(valueOf).toSorted(), numbered('v', 20).toSorted())
    })

    it('gives keys, values and headers back byte for byte', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic()
      const odd = Uint8Array.from({ length: 256 }, (_, index) => index)
      const twice: readonly Header[] = [
        ['name', utf8('1')],
        ['größe', odd],
        ['name', new Uint8Array()],
      ]
      const appended: readonly NewRecord[] = [
        { topic, key: null, value: null },
        { topic, key: new Uint8Array(), value: new Uint8Array(), headers: [] },
        { topic, key: odd, value: odd, headers: twice },
        { topic, key: utf8('k'), value: null, headers: [['only', odd]] },
      ]
      for (const record of appended) await log.append([{ ...record, partition: 0 }])
      const read = await readPartition(log, topic)
      assert.deepEqual(
        read.map(({ key, value, headers }) => [bytes(key), bytes(value), headers.map(([name, b]) => [name, bytes(b)])]),
        appended.map(({ key, value, headers = [] }) => [
          bytes(key),
          bytes(value),
          headers.map(([name, b]) => [name, bytes(b)]),
        ]),
      )
    })

    it('keeps its own copy: the caller may use its buffers again', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic()
      const value = utf8('before')
      await log.append([{ topic, key: null, value }])
      value.fill(0)
      assert.deepEqual((await readPartition(log, topic)).map(valueOf), ['before'])
    })

    it('still has what append resolved after it was closed and opened again', async (t) => {
      const { log, createTopic, reopen } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 3 })
      await log.append(numbered('k', 100).map((key) => ({ topic, key: utf8(key), value: utf8(key) })))
      const before = await readTopic(log, topic)
      assert.equal(before.length, 100)
      const again = await reopen()
      assert.deepEqual(await readTopic(again, topic), before)
      const [position] = await again.append(recordsOf(topic, ['later'], 0))
      const last = before.findLast(({ partition }) => partition === 0)
      assert.ok(position !== undefined && last !== undefined && position.offset > last.offset)
    })

    it('keeps the order of concurrent appends of one key', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 4 })
      const values = numbered('v', 200)
      await Promise.all(values.map((value) => log.append(recordsOf(topic, [value]))))
      assert.deepEqual((await readTopic(log, topic)).map(valueOf), values)
    })

    it('writes nothing of an append with a record that is too large, and all of those beside it', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 2, recordBytesMax: 1_000 })
      const tooLarge: NewRecord = { topic, key: null, value: new Uint8Array(1_001) }
      const refused = log.append([...recordsOf(topic, ['lost'], 0), ...recordsOf(topic, ['lost'], 1), tooLarge])
      const accepted = log.append(recordsOf(topic, ['kept'], 0))
      await assert.rejects(refused, (error) => hasCode(error, 'RECORD_TOO_LARGE'))
      await accepted
      assert.deepEqual((await readTopic(log, topic)).map(valueOf), ['kept'])
    })

    it('refuses topics and partitions that it does not have', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 2 })
      const unknown = (error: unknown): boolean => hasCode(error, 'TOPIC_UNKNOWN')
      const missing = uniqueName('missing')
      await assert.rejects(log.append([...recordsOf(topic, ['lost']), ...recordsOf(missing, ['lost'])]), unknown)
      await assert.rejects(log.append(recordsOf(topic, ['lost'], 2)), unknown)
      const range = { partition: 0, offset: 0, recordsMax: 1, bytesMax: 1_000 }
      await assert.rejects(log.read({ ...range, topic: missing }), unknown)
      await assert.rejects(log.read({ ...range, topic, partition: 2 }), unknown)
      assert.deepEqual(await readTopic(log, topic), [])
    })

    it('takes an empty append', async (t) => {
      const { log } = await openHarness(t, openFixture)
      assert.deepEqual(await log.append([]), [])
    })

    it('stamps records with a log time that never decreases within a partition', async (t) => {
      const { log, createTopic, fixture } = await openHarness(t, openFixture)
      const topic = await createTopic()
      for (let round = 0; round < 5; round += 1) {
        await log.append(recordsOf(topic, numbered('v', 3)))
        fixture.advance?.(round === 2 ? -60_000 : 1_000)
      }
      const times = (await readPartition(log, topic)).map(({ timestampMs }) => timestampMs)
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
      assert.ok(times.every((timestampMs) => Number.isInteger(timestampMs) && timestampMs > 1_000_000_000_000))
    })

    it('reads ranges: from any offset, not more records and bytes than asked for, one at least', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic()
      const positions = await log.append(recordsOf(topic, numbered('v', 30)))
      const all = await readPartition(log, topic)
      const middle = positions[10]?.offset ?? 0
      const read = (offset: number, recordsMax: number, bytesMax: number) =>
        log.read({ topic, partition: 0, offset, recordsMax, bytesMax })
      const range = await read(middle, 7, 1_000_000)
      assert.deepEqual(range.records, all.slice(10, 17))
      assert.deepEqual((await read(range.next, 7, 1_000_000)).records, all.slice(17, 24))
      assert.deepEqual((await read(middle, 7, 1)).records, all.slice(10, 11))
      const bounded = await read(middle, 20, 18)
      assert.deepEqual(bounded.records.map(valueOf), ['v10', 'v11', 'v12'])
      const end = (positions.at(-1)?.offset ?? 0) + 1
      assert.deepEqual((await read(end, 7, 1_000_000)).records, [])
      assert.ok((await read(end, 7, 1_000_000)).next >= end)
    })

    it('refuses to be used once it is closed', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic()
      await log.close()
      const closed = (error: unknown): boolean => hasCode(error, 'LOG_UNAVAILABLE')
      await assert.rejects(log.append(recordsOf(topic, ['late'])), closed)
      await assert.rejects(log.topics(), closed)
      const subscription = { group: uniqueName('group'), topics: [topic], recordsMax: 1, bytesMax: 1 }
      const late = log.transform(subscription, () => Promise.resolve([]), new AbortController().signal)
      await assert.rejects(late, closed)
      await log.close()
    })
  })
}

function bytes(content: Uint8Array | null): readonly number[] | null {
  return content === null ? null : [...content]
}
