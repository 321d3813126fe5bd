import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { Admin } from '@platformatic/kafka'
import { systemRuntime } from '../../../src/adapters/in-process/runtime.ts'
import { openCluster } from '../../../src/adapters/kafka/kafka-cluster.ts'
import { commitGroupOffsets } from '../../../src/adapters/kafka/kafka-offset-commit.ts'
import { hasCode } from '../../../src/errors.ts'
import type { LogPosition, Slice } from '../../../src/ports/log.ts'
import { gate } from '../../support/gate.ts'
import { kafkaSuiteOptions, useBroker } from '../../support/kafka/suite.ts'
import { numbered, recordsOf, uniqueName, valueOf, waitUntilCaughtUp } from '../../support/log-harness.ts'
import { waitFor } from '../../support/wait-for.ts'
import { collector, openKafkaHarness } from './rig.ts'

type Seen = Pick<Slice, 'from' | 'next' | 'lost'> & Readonly<{ values: readonly string[] }>

function seen({ from, next, lost, records }: Slice): Seen {
  return { from, next, ...(lost ? { lost } : {}), values: records.map(valueOf) }
}

describe('a group of a Kafka log that was changed behind its back', kafkaSuiteOptions(), () => {
  const { bootstrap } = useBroker()
  const anAdmin = (t: TestContext): Admin => {
    const admin = new Admin({ clientId: 'another-tool', bootstrapBrokers: [bootstrap()] })
    t.after(() => admin.close())
    return admin
  }
  const removeBelow = async (admin: Admin, topic: string, offset: number): Promise<void> =>
    void (await admin.deleteRecords({
      topics: [{ name: topic, partitions: [{ partition: 0, offset: BigInt(offset) }] }],
    }))
  const commitAsTool = (admin: Admin, groupId: string, topic: string, offset: number): Promise<void> =>
    admin.alterConsumerGroupOffsets({
      groupId,
      topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: BigInt(offset) }] }],
    })

  it('is told exactly what was removed before it was read', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const [topic, group] = [await createTopic(), uniqueName('group')]
    const offsets = (await log.append(recordsOf(topic, numbered('v', 20)))).map(({ offset }) => offset)
    const [from = 0, begin = 0] = [offsets[4], offsets[10]]
    await log.seek(group, [{ topic, partition: 0, offset: from }])
    await removeBelow(anAdmin(t), topic, begin)
    const slices: Seen[] = []
    startMember(log, { group, topics: [topic] }, (batch) => {
      slices.push(...batch.slices.map(seen))
      return Promise.resolve([])
    })
    await waitUntilCaughtUp(log, group)
    const [first] = slices
    assert.deepEqual(first && [first.from, first.lost], [from, { from, to: begin }])
    assert.equal(slices.filter(({ lost }) => lost).length, 1)
    assert.deepEqual(
      slices.flatMap(({ values }) => values),
      numbered('v', 20).slice(10),
    )
  })

  it('is told of removed records that come after a batch in flight', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const [topic, group] = [await createTopic({ recordBytesMax: 500_000 }), uniqueName('group')]
    // Each append is a batch of its own, and one fetch takes three of them.
    const offsets: number[] = []
    for (const value of numbered('x'.repeat(400_000), 12)) {
      for (const { offset } of await log.append(recordsOf(topic, [value]))) offsets.push(offset)
    }
    const [held, slices] = [gate(), [] as Slice[]]
    startMember(log, { group, topics: [topic], recordsMax: 1 }, async (batch) => {
      slices.push(...batch.slices)
      await held.opened
      return []
    })
    await waitFor('the first is at work', () => slices.length === 1)
    const begin = offsets[10] ?? 0
    await removeBelow(anAdmin(t), topic, begin)
    held.open()
    await waitUntilCaughtUp(log, group)
    let next = slices[0]?.from ?? 0
    const handed = new Set<number>()
    for (const { from, next: behind, lost, records } of slices) {
      assert.equal(from, next)
      for (let offset = lost?.from ?? 0; offset < (lost?.to ?? 0); offset += 1) {
        assert.ok(!handed.has(offset), `${offset} was handed out, and told as lost`)
        handed.add(offset)
      }
      for (const { offset } of records) handed.add(offset)
      next = behind
    }
    assert.deepEqual(
      offsets.filter((offset) => !handed.has(offset)),
      [],
      'neither handed out nor told as lost',
    )
    assert.ok(slices.some(({ lost }) => lost?.to === begin))
  })

  it('stops when it has committed more than the log has', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const [topic, group] = [await createTopic(), uniqueName('group')]
    await log.append(recordsOf(topic, ['v']))
    await commitAsTool(anAdmin(t), group, topic, 1_000)
    const { values, step } = collector()
    const member = startMember(log, { group, topics: [topic] }, step)
    await assert.rejects(member.done, (error) => hasCode(error, 'STORE_AHEAD') && error.message.includes('1000'))
    assert.deepEqual(values, [])
  })

  it('starts at the beginning of a topic that was made again, whatever is left of its offsets', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const [topic, group] = [await createTopic(), uniqueName('group')]
    await log.append(recordsOf(topic, numbered('v', 5)))
    const cluster = openCluster({ bootstrap: [bootstrap()], clientId: 'before' }, systemRuntime)
    t.after(() => cluster.close())
    // As if the topic had had another id when this was committed.
    const offsets = [{ topic, topicId: randomUUID(), partition: 0, offset: 3 }]
    const commit = { group, generation: -1, memberId: '', offsets }
    await cluster.persistently(() => commitGroupOffsets(cluster, cluster.shared, commit))
    assert.deepEqual(
      (await log.lag(group)).map(({ committed }) => committed),
      [null],
    )
    const { values, step } = collector()
    startMember(log, { group, topics: [topic] }, step)
    await waitUntilCaughtUp(log, group)
    assert.deepEqual(values, numbered('v', 5))
  })

  it('notices that another tool made its topic again while it was reading', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const [topic, group, admin] = [await createTopic(), uniqueName('group'), anAdmin(t)]
    const { values, step } = collector()
    startMember(log, { group, topics: [topic] }, step)
    await log.append(recordsOf(topic, numbered('old', 5)))
    await waitUntilCaughtUp(log, group)
    await admin.deleteTopics({ topics: [topic] })
    await waitFor('it is made again', () => admin.createTopics({ topics: [topic] }).then(Boolean, () => false))
    let positions: readonly LogPosition[] = []
    await waitFor('the log knows it', async () => {
      positions = await unlessUnknown(log.append(recordsOf(topic, numbered('new', 3))))
      return positions.length > 0
    })
    await waitFor('all are read', () => values.length >= 8)
    await waitUntilCaughtUp(log, group)
    assert.deepEqual(values, [...numbered('old', 5), ...numbered('new', 3)])
    const [described] = (await log.topics()).filter(({ name }) => name === topic)
    assert.deepEqual([...new Set(positions.map(({ topicId }) => topicId))], [described?.id])
  })

  it('goes on where another tool set it, and from the beginning when its offsets are deleted', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const [topic, group, admin] = [await createTopic(), uniqueName('group'), anAdmin(t)]
    const positions = await log.append(recordsOf(topic, numbered('v', 10)))
    const readOn = async (): Promise<readonly string[]> => {
      const { values, step } = collector()
      const member = startMember(log, { group, topics: [topic] }, step)
      await waitUntilCaughtUp(log, group)
      await member.stop()
      return values
    }
    await commitAsTool(admin, group, topic, positions[7]?.offset ?? 0)
    assert.deepEqual(await readOn(), ['v7', 'v8', 'v9'])
    await admin.deleteConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionIndexes: [0] }] })
    assert.deepEqual(await readOn(), numbered('v', 10))
    await admin.deleteGroups({ groups: [group] })
    assert.deepEqual(await readOn(), numbered('v', 10))
  })

  it('reads partitions that are added while it runs', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const [topic, group, admin] = [await createTopic(), uniqueName('group'), anAdmin(t)]
    const { values, step } = collector()
    startMember(log, { group, topics: [topic] }, step)
    await log.append(recordsOf(topic, ['before']))
    await waitUntilCaughtUp(log, group)
    await admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: null }] })
    const toNew = [...recordsOf(topic, ['second'], 1), ...recordsOf(topic, ['third'], 2)]
    await waitFor('the log knows them', async () => (await unlessUnknown(log.append(toNew))).length > 0)
    await waitFor('they are read', () => values.length === 3)
    await waitUntilCaughtUp(log, group)
    assert.deepEqual(values.toSorted(), ['before', 'second', 'third'])
  })
})

/** Brokers learn of topics and partitions a moment after another tool made them. */
async function unlessUnknown(appended: Promise<readonly LogPosition[]>): Promise<readonly LogPosition[]> {
  try {
    return await appended
  } catch (error) {
    if (hasCode(error, 'TOPIC_UNKNOWN')) return []
    throw error
  }
}
