import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Batch, LogRecord } from '../../src/ports/log.ts'
import {
  numbered,
  openHarness,
  readTopic,
  recordsOf,
  uniqueName,
  utf8,
  valueOf,
  waitUntilCaughtUp,
  type OpenFixture,
} from '../support/log-harness.ts'
import { waitFor } from '../support/wait-for.ts'

export function describeBatches(openFixture: OpenFixture): void {
  describe('batches', () => {
    it('have at most recordsMax records, about bytesMax bytes, and a slice for each partition', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 3 })
      const value = new Uint8Array(100)
      await log.append(numbered('k', 600).map((key) => ({ topic, key: utf8(key), value })))
      for (const [recordsMax, bytesMax] of [
        [7, 1_000_000],
        [1_000, 1_000],
      ] as const) {
        const batches: Batch[] = []
        const group = uniqueName('group')
        startMember(log, { group, topics: [topic], recordsMax, bytesMax }, keep(batches))
        await waitUntilCaughtUp(log, group)
        assert.equal(batches.flatMap(recordsIn).length, 600)
        assert.ok(batches.every((batch) => recordsIn(batch).length <= recordsMax))
        assert.ok(batches.every((batch) => bytesIn(batch) <= bytesMax))
        for (const { slices } of batches) {
          assert.equal(new Set(slices.map(({ partition }) => partition)).size, slices.length)
        }
      }
    })

    it('follow each other without a gap or an overlap, in order', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 3 })
      await log.append(numbered('k', 500).map((key) => ({ topic, key: utf8(key), value: utf8(key) })))
      const batches: Batch[] = []
      const group = uniqueName('group')
      startMember(log, { group, topics: [topic], recordsMax: 17 }, keep(batches))
      await waitUntilCaughtUp(log, group)
      const expected = await readTopic(log, topic)
      for (const partition of [0, 1, 2]) {
        const slices = batches.flatMap((batch) => batch.slices.filter((slice) => slice.partition === partition))
        const records = slices.flatMap((slice) => slice.records)
        assert.deepEqual(
          records,
          expected.filter((record) => record.partition === partition),
        )
        for (const [index, { from, next, end, records: own, topicId }] of slices.entries()) {
          if (index > 0) assert.equal(from, slices[index - 1]?.next)
          assert.ok(own.every(({ offset }) => offset >= from && offset < next && next <= end))
          assert.ok(own.every((record) => record.topicId === topicId && record.topic === topic))
        }
      }
    })

    it('hand a record that is larger than bytesMax out alone, and go on after it', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 2 })
      const large = { topic, key: null, value: new Uint8Array(50_000) }
      for (const partition of [0, 1]) {
        await log.append([...recordsOf(topic, numbered('a', 5), partition), { ...large, partition }])
        await log.append(recordsOf(topic, numbered('b', 5), partition))
      }
      const batches: Batch[] = []
      const group = uniqueName('group')
      startMember(log, { group, topics: [topic], bytesMax: 1_000 }, keep(batches))
      await waitUntilCaughtUp(log, group)
      assert.equal(batches.flatMap(recordsIn).length, 22)
      const withLarge = batches.filter((batch) => bytesIn(batch) > 1_000)
      assert.deepEqual(
        withLarge.map((batch) => recordsIn(batch).length),
        [1, 1],
      )
    })

    it('stay within their limits with a backlog of 100,000 records', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 4 })
      for (let round = 0; round < 20; round += 1) {
        await log.append(numbered(`${round}-`, 5_000).map((key) => ({ topic, key: utf8(key), value: utf8(key) })))
      }
      const sizes: number[] = []
      const bytes: number[] = []
      const group = uniqueName('group')
      startMember(log, { group, topics: [topic], recordsMax: 2_000, bytesMax: 20_000 }, (batch) => {
        sizes.push(recordsIn(batch).length)
        bytes.push(bytesIn(batch))
        return Promise.resolve([])
      })
      await waitUntilCaughtUp(log, group)
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        100_000,
      )
      assert.ok(Math.max(...sizes) <= 2_000)
      assert.ok(Math.max(...bytes) <= 20_000)
    })

    it('do not let one partition with a long backlog starve another', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 3 })
      await log.append(recordsOf(topic, numbered('busy', 5_000), 0))
      await log.append(recordsOf(topic, numbered('quiet', 20), 1))
      await log.append([{ topic, key: null, value: new Uint8Array(5_000), partition: 2 }])
      const partitions: number[] = []
      const group = uniqueName('group')
      startMember(log, { group, topics: [topic], recordsMax: 50, bytesMax: 1_000 }, (batch) => {
        partitions.push(...recordsIn(batch).map(({ partition }) => partition))
        return Promise.resolve([])
      })
      await waitUntilCaughtUp(log, group)
      assert.ok(partitions.lastIndexOf(1) < partitions.length / 2, 'the quiet partition had to wait')
      assert.ok(partitions.indexOf(2) < partitions.length / 2, 'the large record had to wait')
    })

    it('come one at a time to a member, with whatever was appended in the meantime', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 2 })
      const group = uniqueName('group')
      const values: string[] = []
      let running = 0
      let runningMax = 0
      startMember(log, { group, topics: [topic] }, async (batch) => {
        running += 1
        runningMax = Math.max(runningMax, running)
        await log.topics()
        values.push(...recordsIn(batch).map(valueOf))
        running -= 1
        return []
      })
      for (const round of numbered('round', 10)) {
        await log.append([...recordsOf(topic, [`${round}-0`], 0), ...recordsOf(topic, [`${round}-1`], 1)])
        await waitFor('the new records came', () => values.includes(`${round}-0`) && values.includes(`${round}-1`))
      }
      assert.equal(values.length, 20)
      assert.equal(runningMax, 1)
    })
  })
}

function keep(batches: Batch[]): (batch: Batch) => Promise<readonly never[]> {
  return (batch) => {
    batches.push(batch)
    return Promise.resolve([])
  }
}

function recordsIn({ slices }: Batch): readonly LogRecord[] {
  return slices.flatMap(({ records }) => records)
}

function bytesIn(batch: Batch): number {
  return recordsIn(batch).reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0)
}
