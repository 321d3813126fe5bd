import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
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

export function describeMembers(openFixture: OpenFixture): void {
  describe('members', () => {
    it('share the partitions, and process each record once and in order while they come and go', async (t) => {
      const { log, other, createTopic, startMember } = await openHarness(t, openFixture)
      const partitions = 6
      const [topic, out] = [await createTopic({ partitions }), await createTopic({ partitions })]
      const group = uniqueName('group')
      const join = (on: typeof log) => startMember(on, { group, topics: [topic], recordsMax: 7 }, copyTo(out))
      let count = 0
      const appendMore = async (): Promise<void> => {
        const keys = Array.from({ length: 300 }, (_, index) => `k${count + index}`)
        count += keys.length
        await log.append(keys.map((key) => ({ topic, key: utf8(key), value: utf8(key) })))
      }
      await appendMore()
      const first = join(log)
      await appendMore()
      const second = join(await other())
      await appendMore()
      const third = join(log)
      await appendMore()
      await second.stop()
      await appendMore()
      await first.stop()
      await appendMore()
      join(await other())
      await appendMore()
      await waitUntilCaughtUp(log, group)
      await third.stop()
      await waitUntilCaughtUp(log, group)
      for (let partition = 0; partition < partitions; partition += 1) {
        const expected = (await readPartition(log, topic, partition)).map(valueOf)
        assert.deepEqual((await readPartition(log, out, partition)).map(valueOf), expected)
      }
      assert.equal((await readTopic(log, out)).length, count)
    })

    it('take over at once what a member that failed or left had', async (t) => {
      const { log, other, createTopic, startMember } = await openHarness(t, openFixture)
      const [topic, out] = [await createTopic({ partitions: 2 }), await createTopic()]
      const group = uniqueName('group')
      const sets = [new Set<number>(), new Set<number>()]
      const join = async (index: number) =>
        startMember(index === 0 ? log : await other(), { group, topics: [topic] }, (batch) => {
          for (const { partition } of batch.slices) sets[index]?.add(partition)
          return copyTo(out, 0)(batch)
        })
      const feed = () => log.append([...recordsOf(topic, ['v'], 0), ...recordsOf(topic, ['v'], 1)])
      const [first] = [await join(0), await join(1)]
      await waitFor('both members have a partition', async () => {
        await feed()
        return sets.every((partitions) => partitions.size > 0)
      })
      await first.stop()
      sets[1]?.clear()
      await waitFor('the other has both', async () => {
        await feed()
        return sets[1]?.size === 2
      })
    })

    it("can't commit what they did with a partition that they had lost meanwhile", async (t) => {
      const { log, other, createTopic, startMember } = await openHarness(t, openFixture)
      const [topic, out] = [await createTopic({ partitions: 2 }), await createTopic({ partitions: 2 })]
      const group = uniqueName('group')
      await log.append([...recordsOf(topic, ['p0'], 0), ...recordsOf(topic, ['p1'], 1)])
      const held = gate()
      const batches: Batch[] = []
      startMember(log, { group, topics: [topic] }, async (batch) => {
        batches.push(batch)
        if (batches.length > 1) return copyTo(out)(batch)
        await held.opened
        return [...recordsOf(out, ['zombie'], 0), ...recordsOf(out, ['zombie'], 1)]
      })
      await waitFor('the first member is at work on both', () => batches.length > 0)
      const both = batches[0]?.slices.length === 2
      const taken: Batch[] = []
      startMember(await other(), { group, topics: [topic] }, (batch) => {
        taken.push(batch)
        return copyTo(out)(batch)
      })
      if (!both) await log.append([...recordsOf(topic, ['p0'], 0), ...recordsOf(topic, ['p1'], 1)])
      await waitFor('its step is told', () => batches[0]?.signal.aborted === true)
      await waitFor('the second member has its part', () => taken.length > 0)
      held.open()
      await waitUntilCaughtUp(log, group)
      const copied = (await readTopic(log, out)).map(valueOf)
      assert.deepEqual(copied.toSorted(), (await readTopic(log, topic)).map(valueOf).toSorted())
      const before = new Set(batches[0]?.slices.map(({ assignment }) => assignment))
      assert.ok(taken.every(({ slices }) => slices.every(({ assignment }) => !before.has(assignment))))
    })

    it('keep their assignment from batch to batch, and have another one after a restart', async (t) => {
      const { log, createTopic, startMember, reopen } = await openHarness(t, openFixture)
      const topic = await createTopic()
      const group = uniqueName('group')
      const run = async (on: typeof log): Promise<ReadonlySet<string>> => {
        await on.append(recordsOf(topic, numbered('v', 10)))
        const assignments = new Set<string>()
        const member = startMember(on, { group, topics: [topic], recordsMax: 2 }, ({ slices }) => {
          for (const { assignment } of slices) assignments.add(assignment)
          return Promise.resolve([])
        })
        await waitUntilCaughtUp(on, group)
        await member.stop()
        return assignments
      }
      const first = await run(log)
      const second = await run(log)
      const third = await run(await reopen())
      assert.deepEqual([first.size, second.size, third.size], [1, 1, 1])
      assert.equal(new Set([...first, ...second, ...third]).size, 3)
    })

    it('finish and commit the batch in flight when they are told to leave', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const [topic, out] = [await createTopic(), await createTopic()]
      const group = uniqueName('group')
      const positions = await log.append(recordsOf(topic, numbered('v', 10)))
      const held = gate()
      const batches: Batch[] = []
      const member = startMember(log, { group, topics: [topic], recordsMax: 4 }, async (batch) => {
        batches.push(batch)
        await held.opened
        return copyTo(out)(batch)
      })
      await waitFor('a batch is in flight', () => batches.length === 1)
      member.abort()
      assert.equal(batches[0]?.signal.aborted, false)
      held.open()
      await member.done
      assert.equal(batches.length, 1)
      assert.deepEqual((await readTopic(log, out)).map(valueOf), numbered('v', 4))
      assert.equal((await log.lag(group))[0]?.committed, positions[4]?.offset)
    })

    it('leave at once when they are idle, or pausing before another attempt', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const [empty, failing] = [await createTopic(), await createTopic()]
      const idle = startMember(log, { group: uniqueName('group'), topics: [empty] }, () => Promise.resolve([]))
      await idle.stop()
      await log.append(recordsOf(failing, ['v']))
      let attempts = 0
      const pausing = startMember(log, { group: uniqueName('group'), topics: [failing] }, () => {
        attempts += 1
        return Promise.reject(new Error('always'))
      })
      await waitFor('it failed a few times', () => attempts > 3)
      await pausing.stop()
    })

    it('do nothing when they are told to leave before they came', async (t) => {
      const { log, createTopic } = await openHarness(t, openFixture)
      const topic = await createTopic()
      await log.append(recordsOf(topic, ['v']))
      const subscription = { group: uniqueName('group'), topics: [topic], recordsMax: 1, bytesMax: 1 }
      await log.transform(subscription, () => Promise.reject(new Error('not to be called')), AbortSignal.abort())
    })

    it('read a topic that is created after they subscribed to it', async (t) => {
      const { log, createTopic, startMember } = await openHarness(t, openFixture)
      const topic = uniqueName('later')
      const out = await createTopic({ partitions: 2 })
      const group = uniqueName('group')
      startMember(log, { group, topics: [topic] }, copyTo(out))
      await log.createTopics([{ name: topic, partitions: 2, recordBytesMax: 1_000 }])
      await log.append([...recordsOf(topic, ['p0'], 0), ...recordsOf(topic, ['p1'], 1)])
      await waitFor('both are copied', async () => (await readTopic(log, out)).length === 2)
    })
  })
}

/** Copies values; to the same partition as the record, unless one is named. */
function copyTo(out: string, to?: number): (batch: Batch) => Promise<readonly NewRecord[]> {
  return ({ slices }) =>
    Promise.resolve(slices.flatMap(({ partition, records }) => recordsOf(out, records.map(valueOf), to ?? partition)))
}
