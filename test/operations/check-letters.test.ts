import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deadLetterTopic } from '../../src/codec/dead-letter-codec.ts'
import { orderGroups } from '../../src/codec/groups.ts'
import { seekGroup } from '../../src/operations/group-control.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import type { Log, LogRecord } from '../../src/ports/log.ts'
import { check, openFileRig, type Checked } from '../support/check-rig.ts'
import { orderRecord, rawRecord } from '../support/order-json.ts'
import { openRig, type Rig } from '../support/pipeline-rig.ts'
import { openRedriveRig } from '../support/redrive-rig.ts'

const { analytics, payment } = orderGroups
const lettersOf = (group: string) => deadLetterTopic('orders', group)
const sameOrder = { created_at: '2026-05-05T05:05:05.000Z' }

/** What is said of the numbers of letters, and nothing of single ones. */
function counted({ differences }: Checked) {
  return differences
    .filter(({ what }) => what === 'total')
    .map(({ where, expected, found }) => [where, expected, found])
}

/** A log that has lost the first record of a topic. */
function withoutFirst(log: Log, topic: string): Log {
  return {
    ...log,
    async read(range) {
      const result = await log.read(range)
      return range.topic === topic ? { ...result, records: result.records.filter(({ offset }) => offset > 0) } : result
    },
  }
}

/** A log where a group has committed only so much of a topic. */
function committedUpTo(log: Log, asked: string, committed: number): Log {
  const lag: Log['lag'] = async (group) =>
    (await log.lag(group)).map((one) => (group === asked && one.topic === 'orders' ? { ...one, committed } : one))
  return { ...log, lag }
}

async function refusedTwice(): Promise<Rig> {
  const rig = await openRig()
  await rig.append(orderRecord(1), rawRecord('no JSON'), orderRecord(1, sameOrder))
  await rig.run('fraud', 'payment', 'analytics')
  await rig.run('views')
  return rig
}

async function writeAgain(rig: Rig, over: Partial<LogRecord> = {}): Promise<void> {
  const [letter] = await rig.records(lettersOf(analytics))
  assert.ok(letter)
  const { topic, key, value, headers } = { ...letter, ...over }
  await rig.append({ topic, key, value, headers })
}

describe('a full check of the dead letters', () => {
  it('names a group and partition whose letters are not as many as it counted', async (t) => {
    const rig = await openFileRig(t)
    const [letter] = await rig.records(lettersOf(payment))
    const origin = Number(
      Buffer.from(letter?.headers.find(([name]) => name.endsWith('.partition'))?.[1] ?? []).toString(),
    )
    const tally = (await rig.store.shards()).find(
      ({ shard }) => shard.group === payment && shard.topic === 'orders' && shard.partition === origin,
    )?.tally
    const all = tally?.deadLetters ?? 0
    assert.ok(all > 0)
    let pauses = 0
    const log = withoutFirst(rig.log, lettersOf(payment))
    const pause = () => Promise.resolve(void (pauses += 1))
    assert.deepEqual(counted(await check(t, { log, store: rig.store }, {}, { pause })), [
      [`${payment} on orders-${origin}: letters in ${lettersOf(payment)}`, `${all - 1}`, `${all}`],
    ])
    assert.equal(pauses, 2)
  })

  it('counts a letter once that was written twice, and none of a record that came since', async (t) => {
    const rig = await refusedTwice()
    await writeAgain(rig)
    const shards = await rig.store.shards()
    await rig.append(rawRecord('no JSON either'))
    await rig.run('fraud', 'payment', 'analytics')
    const store = { ...rig.store, shards: () => Promise.resolve(shards) }
    assert.deepEqual(counted(await check(t, { log: rig.log, store })), [])
  })

  it('names letters of records that nobody refused', async (t) => {
    const rig = await refusedTwice()
    const [letter] = await rig.records(lettersOf(analytics))
    const forged = letter?.headers.map(
      ([name, value]) => [name, name.endsWith('offset') ? Buffer.from('0') : value] as const,
    )
    await writeAgain(rig, { headers: forged ?? [] })
    await rig.run('views')
    assert.deepEqual(counted(await check(t, rig)), [
      [`${analytics} on orders-0: letters in ${lettersOf(analytics)}`, '3', '2'],
    ])
  })

  it('leaves open what is not committed, and no more', async (t) => {
    const rig = await refusedTwice()
    const lost = withoutFirst(rig.log, lettersOf(analytics))
    const checked = async (committed: number) =>
      counted(await check(t, { log: committedUpTo(lost, analytics, committed), store: rig.store }))
    assert.deepEqual(await checked(2), [])
    assert.equal((await checked(3)).length, 1)
  })

  it('looks again at letters that the log shows a moment after it shows that they are committed', async (t) => {
    const rig = await openRig()
    await rig.append(orderRecord(1), rawRecord('no JSON'))
    await rig.run('fraud', 'payment', 'analytics')
    let pauses = 0
    const topics: Log['topics'] = async () =>
      (await rig.log.topics()).map((topic) =>
        topic.name === lettersOf(payment) && pauses === 0
          ? { ...topic, partitions: topic.partitions.map((one) => ({ ...one, end: one.end - 1 })) }
          : topic,
      )
    const pause = () => Promise.resolve(void (pauses += 1))
    const log = { ...rig.log, topics }
    assert.deepEqual(counted(await check(t, { log, store: rig.store }, {}, { pause })), [])
    assert.equal(pauses, 1)
  })

  it('counts the letter of a redriven record where that lay', async (t) => {
    const rig = await openRedriveRig()
    await rig.append(orderRecord(1), rawRecord('no JSON'))
    await rig.settle()
    const [letter] = await rig.letters(analytics)
    await rig.redrive({ ids: [letter?.id ?? ''] })
    assert.equal((await rig.letters(analytics)).length, 2)
    assert.deepEqual(counted(await check(t, rig)), [])
    const lost: Log = {
      ...rig.log,
      async read(range) {
        const result = await rig.log.read(range)
        if (range.topic !== lettersOf(analytics)) return result
        return { ...result, records: result.records.filter(({ offset }) => offset !== 1) }
      },
    }
    assert.deepEqual(counted(await check(t, { log: lost, store: rig.store })), [
      [`${analytics} on orders.${analytics}.retry-0: letters in ${lettersOf(analytics)}`, '0', '1'],
    ])
  })

  it('misses no letters of records that an operator moved the group over', async (t) => {
    const moved = async (seek: (rig: Rig) => Promise<unknown>) => {
      const rig = await refusedTwice()
      await rig.append(rawRecord('no JSON either'), orderRecord(2))
      await seek(rig)
      await rig.run('fraud', 'payment', 'analytics')
      await rig.run('views')
      return counted(await check(t, rig))
    }
    const byOperator = ({ log, store }: Rig) => {
      const deps = { log, store, operations: operationsLog(log), clock: Date.now }
      return seekGroup(deps, { group: analytics, topic: 'orders', target: { kind: 'end' } }, 'test')
    }
    assert.deepEqual(await moved(byOperator), [])
    const byOtherTool = ({ log }: Rig) => log.seek(analytics, [{ topic: 'orders', partition: 0, offset: 5 }])
    assert.deepEqual(await moved(byOtherTool), [
      [`${analytics} on orders-0: letters in ${lettersOf(analytics)}`, '2', '3'],
    ])
  })

  it('misses no letters where retention has removed some, but names those that are too many', async (t) => {
    const rig = await refusedTwice()
    const removing = (deadLetters: number) => {
      let asked = 0
      // Plan and replay refuse a log whose beginning is gone; this one loses it when both are over.
      const topics: Log['topics'] = async () => {
        asked += 1
        return (await rig.log.topics()).map((topic) =>
          topic.name === lettersOf(payment) && asked > 2
            ? { ...topic, partitions: topic.partitions.map((one) => ({ ...one, begin: 1 })) }
            : topic,
        )
      }
      const shards = async () =>
        (await rig.store.shards()).map((one) => (one.tally ? { ...one, tally: { ...one.tally, deadLetters } } : one))
      return { log: { ...rig.log, topics }, store: { ...rig.store, shards } }
    }
    const letters = async (deadLetters: number) =>
      counted(await check(t, removing(deadLetters))).filter(([where]) => /letters in/.test(where ?? ''))
    assert.deepEqual(await letters(9), [])
    assert.deepEqual(await letters(1), [[`${payment} on orders-0: letters in ${lettersOf(payment)}`, '2 or more', '1']])
  })
})
