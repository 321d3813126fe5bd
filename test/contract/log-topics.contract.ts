import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/errors.ts'
import {
  numbered,
  openHarness,
  readPartition,
  recordsOf,
  uniqueName,
  valueOf,
  waitUntilCaughtUp,
  type OpenFixture,
} from '../support/log-harness.ts'
import { waitFor } from '../support/wait-for.ts'

export function describeTopics(openFixture: OpenFixture): void {
  describe('topics', () => {
    it('creates what is missing, and leaves a topic that is there as it is', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 2 })
      await log.append(recordsOf(topic, ['kept'], 1))
      const before = (await log.topics()).find(({ name }) => name === topic)
      const added = uniqueName('topic')
      await log.createTopics([
        { name: topic, partitions: 5, recordBytesMax: 10 },
        { name: added, partitions: 3, recordBytesMax: 10 },
      ])
      const topics = await log.topics()
      assert.deepEqual(
        topics.find(({ name }) => name === topic),
        before,
      )
      assert.equal(topics.find(({ name }) => name === added)?.partitions.length, 3)
    })

    it('describes where each partition begins and ends', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 2 })
      const positions = await log.append(recordsOf(topic, numbered('v', 5), 1))
      const description = (await log.topics()).find(({ name }) => name === topic)
      const [empty, filled] = description?.partitions ?? []
      assert.equal(empty?.begin, empty?.end)
      assert.deepEqual([filled?.partition, filled?.begin], [1, positions[0]?.offset])
      assert.ok((filled?.end ?? 0) > (positions.at(-1)?.offset ?? 0))
      assert.equal(description?.id, positions[0]?.topicId)
    })

    it('deletes a topic with its records and offsets; made again it is another', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic()
      const group = uniqueName('group')
      const [before] = await log.append(recordsOf(topic, numbered('old', 10)))
      const member = startMember(log, { group, topics: [topic] }, () => Promise.resolve([]))
      await waitUntilCaughtUp(log, group)
      await member.stop()

      await log.deleteTopic(topic)
      await assert.rejects(log.append(recordsOf(topic, ['nowhere'])), (error) => hasCode(error, 'TOPIC_UNKNOWN'))
      await assert.rejects(log.deleteTopic(topic), (error) => hasCode(error, 'TOPIC_UNKNOWN'))
      assert.deepEqual(
        (await log.lag(group)).filter((lag) => lag.topic === topic),
        [],
      )

      await log.createTopics([{ name: topic, partitions: 1, recordBytesMax: 1_000 }])
      const [after] = await log.append(recordsOf(topic, ['new']))
      assert.notEqual(after?.topicId, before?.topicId)
      assert.deepEqual((await readPartition(log, topic)).map(valueOf), ['new'])
      const values: string[] = []
      startMember(log, { group, topics: [topic] }, ({ slices }) => {
        values.push(...slices.flatMap(({ records }) => records.map(valueOf)))
        return Promise.resolve([])
      })
      await waitFor('the group has begun anew', () => values.length > 0)
      assert.deepEqual(values, ['new'])
    })

    it('lets running members go on when one of their topics is deleted and made again', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const [stays, goes] = [await createTopic(), await createTopic()]
      const group = uniqueName('group')
      const values: string[] = []
      startMember(log, { group, topics: [stays, goes] }, ({ slices }) => {
        values.push(...slices.flatMap(({ records }) => records.map(valueOf)))
        return Promise.resolve([])
      })
      await log.append([...recordsOf(stays, ['stays-1']), ...recordsOf(goes, ['goes-1'])])
      await waitFor('both are read', () => values.length === 2)
      await log.deleteTopic(goes)
      await log.append(recordsOf(stays, ['stays-2']))
      await log.createTopics([{ name: goes, partitions: 2, recordBytesMax: 1_000 }])
      await log.append([...recordsOf(goes, ['goes-2'], 0), ...recordsOf(goes, ['goes-3'], 1)])
      await waitFor('all are read', () => new Set(values).size === 5)
      await waitUntilCaughtUp(log, group)
    })

    it('removes records older than the retention, and tells a group which ones it never read', async (t) => {
      const { log, fixture, createTopic, startMember } = await openHarness(t, openFixture)
      if (fixture.advance === undefined) return t.skip('not here: this adapter has no clock that a test can move')
      const topic = await createTopic({ retentionMs: 3_600_000 })
      const forever = await createTopic()
      const group = uniqueName('group')
      await log.append([...recordsOf(topic, numbered('a', 10)), ...recordsOf(forever, numbered('a', 10))])
      const [committed, begin] = [await log.seek(group, [{ topic, partition: 0, offset: 4 }]).then(() => 4), 10]
      fixture.advance(3_000_000)
      await log.append(recordsOf(topic, numbered('b', 10)))
      assert.equal((await readPartition(log, topic)).length, 20)
      fixture.advance(1_000_000)
      await log.append(recordsOf(topic, ['c']))
      assert.deepEqual((await readPartition(log, topic)).map(valueOf), [...numbered('b', 10), 'c'])
      assert.equal((await readPartition(log, forever)).length, 10)

      const [lag] = await log.lag(group)
      assert.deepEqual([lag?.committed, lag?.begin, lag?.end, lag?.lagRecords], [committed, begin, 21, 11])
      const slices: unknown[] = []
      startMember(log, { group, topics: [topic] }, (batch) => {
        slices.push(
          ...batch.slices.map(({ from, next, lost, records }) => ({ from, next, lost, count: records.length })),
        )
        return Promise.resolve([])
      })
      await waitUntilCaughtUp(log, group)
      assert.deepEqual(slices, [{ from: committed, next: 21, lost: { from: committed, to: begin }, count: 11 }])
    })

    it('keeps the newest records, and so the end of the partition, however old they are', async (t) => {
      const { log, fixture, createTopic, reopen } = await openHarness(t, openFixture)
      if (fixture.advance === undefined) return t.skip('not here: this adapter has no clock that a test can move')
      const topic = await createTopic({ retentionMs: 1_000 })
      const positions = await log.append(recordsOf(topic, ['last']))
      fixture.advance(1_000_000_000)
      const again = await reopen()
      const [next] = await again.append(recordsOf(topic, ['next']))
      assert.ok((next?.offset ?? 0) > (positions[0]?.offset ?? 0))
      assert.equal((await readPartition(again, topic)).at(-1)?.offset, next?.offset)
    })
  })
}
