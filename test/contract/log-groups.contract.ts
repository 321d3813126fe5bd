import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode, OrdermillError } from '../../src/errors.ts'
import type { Batch, NewRecord } from '../../src/ports/log.ts'
import { gate } from '../support/gate.ts'
import {
  numbered,
  openHarness,
  readPartition,
  readTopic,
  recordsOf,
  uniqueName,
  utf8,
  valueOf,
  waitUntilCaughtUp,
  type OpenFixture,
} from '../support/log-harness.ts'
import { waitFor } from '../support/wait-for.ts'

export function describeGroups(openFixture: OpenFixture): void {
  describe('groups', () => {
    it('start at the beginning, and go on after a restart where they had committed', async (t) => {
      const { log, createTopic, startMember, reopen } = await openHarness(t, openFixture)
      const [topic, out] = [await createTopic({ partitions: 2 }), await createTopic()]
      const group = uniqueName('group')
      await log.append(numbered('a', 50).map((key) => ({ topic, key: utf8(key), value: utf8(key) })))
      const first = startMember(log, { group, topics: [topic] }, copyTo(out))
      await waitUntilCaughtUp(log, group)
      await first.stop()
      const again = await reopen()
      await again.append(numbered('b', 50).map((key) => ({ topic, key: utf8(key), value: utf8(key) })))
      startMember(again, { group, topics: [topic] }, copyTo(out))
      await waitUntilCaughtUp(again, group)
      const copied = (await readPartition(again, out)).map(valueOf)
      assert.deepEqual(copied.toSorted(), [...numbered('a', 50), ...numbered('b', 50)].toSorted())
    })

    it('are told once where they stand when they take a partition with nothing left to read', async (t) => {
      const { log, createTopic, startMember, reopen } = await openHarness(t, openFixture)
      const topic = await createTopic()
      const group = uniqueName('group')
      await log.append(recordsOf(topic, numbered('v', 3)))
      const first = startMember(log, { group, topics: [topic] }, () => Promise.resolve([]))
      await waitUntilCaughtUp(log, group)
      await first.stop()
      const again = await reopen()
      const slices: Batch['slices'][number][] = []
      startMember(again, { group, topics: [topic] }, (batch) => {
        slices.push(...batch.slices)
        return Promise.resolve([])
      })
      await waitFor('the empty slice', () => slices.length > 0)
      await again.append(recordsOf(topic, ['next']))
      await waitUntilCaughtUp(again, group)
      const [empty, next, ...rest] = slices
      assert.deepEqual([empty?.records, empty?.from, empty?.end], [[], empty?.next, empty?.next])
      assert.deepEqual([next?.records.map(valueOf), next?.from], [['next'], empty?.next])
      assert.equal(rest.length, 0)
    })

    it('read everything each, whatever the others do', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic({ partitions: 3 })
      const outs = [await createTopic(), await createTopic(), await createTopic()]
      const groups = outs.map((out) => ({ out, group: uniqueName('group') }))
      for (const { out, group } of groups) startMember(log, { group, topics: [topic], recordsMax: 11 }, copyTo(out))
      await log.append(numbered('v', 200).map((key) => ({ topic, key: utf8(key), value: utf8(key) })))
      for (const { out, group } of groups) {
        await waitUntilCaughtUp(log, group)
        assert.deepEqual((await readTopic(log, out)).map(valueOf).toSorted(), numbered('v', 200).toSorted())
      }
      const names = await log.groups()
      assert.ok(groups.every(({ group }) => names.includes(group)))
    })

    it('show neither outputs nor offsets of a step that rejected, and hand its batch out again', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const [topic, out] = [await createTopic(), await createTopic({ partitions: 2 })]
      const group = uniqueName('group')
      await log.append(recordsOf(topic, numbered('v', 5)))
      const attempts: { attempt: number; from: number | undefined }[] = []
      const seen: unknown[] = []
      startMember(log, { group, topics: [topic] }, async (batch) => {
        attempts.push({ attempt: batch.attempt, from: batch.slices[0]?.from })
        const [lag] = await log.lag(group)
        seen.push([lag?.committed, (await readTopic(log, out)).length])
        if (batch.attempt < 3) throw new Error('not yet')
        return copyTo(out)(batch)
      })
      await waitUntilCaughtUp(log, group)
      const from = attempts[0]?.from
      assert.deepEqual(
        attempts,
        [1, 2, 3].map((attempt) => ({ attempt, from })),
      )
      assert.deepEqual(seen, [
        [null, 0],
        [null, 0],
        [null, 0],
      ])
      assert.deepEqual((await readTopic(log, out)).map(valueOf), numbered('v', 5))
    })

    it('show the outputs of a step and its offsets together', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const [topic, out] = [await createTopic(), await createTopic({ partitions: 2 })]
      const group = uniqueName('group')
      const positions = await log.append(recordsOf(topic, numbered('v', 100)))
      startMember(log, { group, topics: [topic], recordsMax: 1 }, (batch) =>
        Promise.resolve([...recordsOf(out, values(batch), 0), ...recordsOf(out, values(batch), 1)]),
      )
      const committed = async (): Promise<number> => {
        const [lag] = await log.lag(group)
        return positions.filter(({ offset }) => offset < (lag?.committed ?? 0)).length
      }
      const written = async (partition: number): Promise<number> => (await readPartition(log, out, partition)).length
      // Whatever is looked at later must be at least as far, in either order.
      await waitFor('all is processed', async () => {
        const [offsetsFirst, thenOne, thenZero] = [await committed(), await written(1), await written(0)]
        assert.ok(offsetsFirst <= thenOne && thenOne <= thenZero, `${offsetsFirst} ${thenOne} ${thenZero}`)
        const [zeroFirst, thenOther, thenOffsets] = [await written(0), await written(1), await committed()]
        assert.ok(zeroFirst <= thenOther && thenOther <= thenOffsets, `${zeroFirst} ${thenOther} ${thenOffsets}`)
        return thenOffsets === 100
      })
    })

    it('write nothing at all when one of the outputs is refused, and tell the caller', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const [topic, out] = [await createTopic(), await createTopic({ recordBytesMax: 100 })]
      const group = uniqueName('group')
      await log.append(recordsOf(topic, ['v']))
      const member = startMember(log, { group, topics: [topic] }, () =>
        Promise.resolve([...recordsOf(out, ['small']), { topic: out, key: null, value: new Uint8Array(1_000) }]),
      )
      await assert.rejects(member.done, (error) => hasCode(error, 'RECORD_TOO_LARGE'))
      assert.deepEqual(await readTopic(log, out), [])
      assert.equal((await log.lag(group))[0]?.committed ?? null, null)
    })

    it('are left by a member whose step can never succeed', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const [topic, out] = [await createTopic(), await createTopic()]
      const group = uniqueName('group')
      await log.append(recordsOf(topic, numbered('v', 3)))
      const failure = new OrdermillError('STORE_AHEAD', 'the store is ahead')
      const member = startMember(log, { group, topics: [topic] }, () => Promise.reject(failure))
      await assert.rejects(member.done, failure)
      startMember(log, { group, topics: [topic] }, copyTo(out))
      await waitUntilCaughtUp(log, group)
      assert.deepEqual((await readTopic(log, out)).map(valueOf), numbered('v', 3))
    })

    it('try again what may succeed later, and take their partitions anew when the step was fenced', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic()
      const group = uniqueName('group')
      await log.append(recordsOf(topic, ['v']))
      const failures = [new OrdermillError('STORE_UNAVAILABLE', 'away'), new OrdermillError('FENCED', 'fenced')]
      const assignments: (string | undefined)[] = []
      startMember(log, { group, topics: [topic] }, ({ slices }) => {
        assignments.push(slices[0]?.assignment)
        const failure = failures[assignments.length - 1]
        return failure === undefined ? Promise.resolve([]) : Promise.reject(failure)
      })
      await waitUntilCaughtUp(log, group)
      assert.equal(assignments.length, 3)
      assert.equal(assignments[1], assignments[0])
      assert.notEqual(assignments[2], assignments[1])
    })

    it('tell how far behind they are, in records and by the time of the next one', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const [topic, unread] = [await createTopic(), await createTopic({ partitions: 2 })]
      const group = uniqueName('group')
      await log.append(recordsOf(topic, numbered('v', 10)))
      const records = await readPartition(log, topic)
      const held = gate()
      let batches = 0
      startMember(log, { group, topics: [topic, unread], recordsMax: 4 }, async () => {
        batches += 1
        if (batches === 2) await held.opened
        return []
      })
      await waitFor('the second batch is in flight', () => batches === 2)
      const lag = await log.lag(group)
      assert.equal(lag.length, 3)
      const behind = lag.find((partition) => partition.topic === topic)
      assert.deepEqual([behind?.committed, behind?.nextTimestampMs], [records[4]?.offset, records[4]?.timestampMs])
      assert.equal(behind?.lagRecords, (behind?.end ?? 0) - (behind?.committed ?? 0))
      const empty = lag.filter((partition) => partition.topic === unread)
      assert.deepEqual(
        empty.map(({ committed, lagRecords, nextTimestampMs }) => ({ committed, lagRecords, nextTimestampMs })),
        [0, 1].map(() => ({ committed: null, lagRecords: 0, nextTimestampMs: null })),
      )
      held.open()
      await waitUntilCaughtUp(log, group)
      assert.equal((await log.lag(group)).find((partition) => partition.topic === topic)?.nextTimestampMs, null)
      assert.deepEqual(await log.lag(uniqueName('stranger')), [])
    })

    it('are moved by seek, backwards and forwards, without a member and under one', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = await createTopic()
      const group = uniqueName('group')
      const positions = await log.append(recordsOf(topic, numbered('v', 10)))
      const target = (index: number) => [{ topic, partition: 0, offset: positions[index]?.offset ?? 0 }]
      await log.seek(group, target(4))
      const read: string[] = []
      const assignments = new Set<string>()
      startMember(log, { group, topics: [topic] }, (batch) => {
        read.push(...values(batch))
        for (const { assignment } of batch.slices) assignments.add(assignment)
        return Promise.resolve([])
      })
      await waitUntilCaughtUp(log, group)
      assert.deepEqual(read, numbered('v', 10).slice(4))
      await log.seek(group, target(8))
      await waitFor('the last two came again', () => read.length === 8)
      assert.deepEqual(read.slice(6), ['v8', 'v9'])
      assert.equal(assignments.size, 2)
    })

    it('drop the batch in flight when they are moved under it', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const [topic, out] = [await createTopic(), await createTopic()]
      const group = uniqueName('group')
      const positions = await log.append(recordsOf(topic, numbered('v', 10)))
      const held = gate()
      const batches: Batch[] = []
      startMember(log, { group, topics: [topic] }, async (batch) => {
        batches.push(batch)
        if (batches.length === 1) await held.opened
        return copyTo(out)(batch)
      })
      await waitFor('the first batch is in flight', () => batches.length === 1)
      await log.seek(group, [{ topic, partition: 0, offset: positions[6]?.offset ?? 0 }])
      await waitFor('the step is told', () => batches[0]?.signal.aborted === true)
      held.open()
      await waitUntilCaughtUp(log, group)
      assert.deepEqual((await readTopic(log, out)).map(valueOf), numbered('v', 10).slice(6))
    })
  })
}

function values({ slices }: Batch): readonly string[] {
  return slices.flatMap(({ records }) => records.map(valueOf))
}

function copyTo(out: string): (batch: Batch) => Promise<readonly NewRecord[]> {
  return (batch) => Promise.resolve(recordsOf(out, values(batch)))
}
