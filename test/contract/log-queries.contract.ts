import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/errors.ts'
import type { GroupMember, Log, LogRecord } from '../../src/ports/log.ts'
import {
  numbered,
  openHarness,
  readPartition,
  recordsOf,
  uniqueName,
  valueOf,
  type LogFixture,
  type OpenFixture,
} from '../support/log-harness.ts'
import { waitFor } from '../support/wait-for.ts'

export function describeQueries(openFixture: OpenFixture): void {
  describe('offsetAt', () => {
    it('is the first offset of a time or later: equal times, between two, before the first, after the last', async (t) => {
      const { log, fixture, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 2 })
      for (const value of ['a', 'b', 'c']) {
        // Appended together, so of one log time.
        await log.append(recordsOf(topic, numbered(value, 3), 1))
        await letTimePass(fixture)
      }
      const records = await readPartition(log, topic, 1)
      const from = (timestampMs: number) => firstAt(log, { topic, partition: 1 }, timestampMs)
      for (const index of [0, 3, 6]) {
        const record = records[index]
        assert.ok(record)
        assert.equal(valueOf(await from(record.timestampMs)), valueOf(record), 'at its time')
        assert.equal(valueOf(await from(record.timestampMs - 1)), valueOf(record), 'between it and the one before')
      }
      assert.equal(valueOf(await from(0)), 'a0')
      const afterLast = (records.at(-1)?.timestampMs ?? 0) + 1
      const end = (await log.topics()).find(({ name }) => name === topic)?.partitions[1]?.end
      assert.equal(await log.offsetAt(topic, 1, afterLast), end)
      assert.equal(await log.offsetAt(topic, 0, afterLast), 0, 'an empty partition ends where it begins')
      assert.equal(await log.offsetAt(topic, 0, 0), 0)
    })

    it('finds its way through many appends, before and after a restart', async (t) => {
      const { log, fixture, createTopic, reopen } = await openHarness(t, openFixture)
      const topic = await createTopic()
      for (const value of numbered('v', 20)) {
        await log.append(recordsOf(topic, [value, value]))
        await letTimePass(fixture)
      }
      const records = await readPartition(log, topic)
      for (const open of [() => log, reopen]) {
        const on = await open()
        const found = await Promise.all(
          records.map(({ timestampMs }) => firstAt(on, { topic, partition: 0 }, timestampMs)),
        )
        assert.deepEqual(
          found.map(({ offset }) => offset),
          records.map((_, index) => records[index - (index % 2)]?.offset),
        )
      }
    })

    it('is where the partition begins for a time whose records were removed by retention', async (t) => {
      const { log, fixture, createTopic } = await openHarness(t, openFixture)
      if (fixture.advance === undefined) return t.skip('not here: this adapter has no clock that a test can move')
      const topic = await createTopic({ retentionMs: 3_600_000 })
      await log.append(recordsOf(topic, numbered('old', 4)))
      const [old] = await readPartition(log, topic)
      fixture.advance(4_000_000)
      await log.append(recordsOf(topic, numbered('new', 3)))
      fixture.advance(1_000_000)
      await log.append(recordsOf(topic, ['next']))
      assert.equal(await log.offsetAt(topic, 0, old?.timestampMs ?? 0), 4)
      assert.equal((await readPartition(log, topic))[0]?.offset, 4)
    })

    it('refuses a topic or a partition that the log does not have', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic()
      await assert.rejects(log.offsetAt(uniqueName('none'), 0, 0), (error) => hasCode(error, 'TOPIC_UNKNOWN'))
      await assert.rejects(log.offsetAt(topic, 1, 0), (error) => hasCode(error, 'TOPIC_UNKNOWN'))
    })
  })

  describe('members of a group', () => {
    it('are named with what they own, while they are in it', async (t) => {
      const { log, other, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 2 })
      const group = uniqueName('group')
      const join = (on: Log) => startMember(on, { group, topics: [topic] }, () => Promise.resolve([]))
      assert.deepEqual(await log.members(group), [])

      const first = join(log)
      const owned = async () => (await log.members(group)).map(({ partitions }) => partitions.length)
      await waitFor('one member has both', async () => String(await owned()) === '2')
      const [alone] = await log.members(group)
      assert.ok(alone)
      assert.deepEqual(partitionsOf([alone]), [0, 1])
      assert.ok(alone.partitions.every((owns) => owns.topic === topic))

      const second = join(await other())
      await waitFor('two members share', async () => String(await owned()) === '1,1')
      const both = await log.members(group)
      assert.equal(new Set(both.map(({ member }) => member)).size, 2)
      assert.deepEqual(partitionsOf(both), [0, 1])

      await first.stop()
      await waitFor('the other has both', async () => String(await owned()) === '2')
      await second.stop()
      await waitFor('nobody is left', async () => (await log.members(group)).length === 0)
    })
  })
}

function partitionsOf(members: readonly GroupMember[]): readonly number[] {
  return members
    .flatMap(({ partitions }) => partitions.map(({ partition }) => partition))
    .toSorted((one, other) => one - other)
}

/** Until whatever is appended next has a later log time than what was appended before. */
async function letTimePass({ advance }: LogFixture): Promise<void> {
  if (advance) return advance(1_000)
  const atMs = Date.now()
  await waitFor('the clock moves on', () => Date.now() > atMs + 1)
}

/** The first record that is read from there: an offset may be that of a marker, which nobody reads. */
async function firstAt(
  log: Log,
  { topic, partition }: Readonly<{ topic: string; partition: number }>,
  timestampMs: number,
): Promise<LogRecord> {
  const offset = await log.offsetAt(topic, partition, timestampMs)
  const { records } = await log.read({ topic, partition, offset, recordsMax: 1, bytesMax: 1 })
  assert.ok(records[0], `a record from offset ${offset} on`)
  return records[0]
}
