import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Producer } from '@platformatic/kafka'
import type { Log } from '../../../src/ports/log.ts'
import { readCommitted } from '../../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useBroker } from '../../support/kafka/suite.ts'
import {
  numbered,
  readPartition,
  recordsOf,
  uniqueName,
  valueOf,
  waitUntilCaughtUp,
} from '../../support/log-harness.ts'
import { withProducer } from '../../support-kafka/client.ts'
import { collector, openKafkaHarness } from './rig.ts'

type Open = Awaited<ReturnType<Producer['beginTransaction']>>

describe('records of aborted transactions', kafkaSuiteOptions(), () => {
  const { bootstrap } = useBroker()
  const transactional = (use: (producer: Producer) => Promise<void>): Promise<void> =>
    withProducer({ bootstrap: bootstrap(), transactionalId: uniqueName('tx') }, use)
  const send = async (tx: Open, topic: string, values: readonly string[]): Promise<void> =>
    void (await tx.send({ messages: values.map((value) => ({ topic, partition: 0, value: Buffer.from(value) })) }))
  const abort = async (producer: Producer, topic: string, values: readonly string[]): Promise<void> => {
    const tx = await producer.beginTransaction()
    await send(tx, topic, values)
    await tx.abort()
  }

  /** A group and a reader see what Java's reader sees; so does whoever begins anywhere in between, in small fetches. */
  const sameAsJava = async (
    log: Log,
    topic: string,
    startMember: Awaited<ReturnType<typeof openKafkaHarness>>['startMember'],
  ) => {
    const judged = (await readCommitted(bootstrap(), [topic])).map(
      ({ offset, value }) => [offset, String(value)] as const,
    )
    const seen = (await readPartition(log, topic)).map((record) => [record.offset, valueOf(record)])
    assert.deepEqual(seen, judged)
    const { values, step } = collector()
    const group = uniqueName('group')
    startMember(log, { group, topics: [topic] }, step)
    await waitUntilCaughtUp(log, group)
    assert.deepEqual(
      values,
      judged.map(([, value]) => value),
    )
    const [end = 0] = (await log.topics()).flatMap(({ name, partitions }) =>
      name === topic ? partitions.map((one) => one.end) : [],
    )
    for (let offset = 0; offset < end; offset += 1) {
      const { records } = await log.read({ topic, partition: 0, offset, recordsMax: 1, bytesMax: 1 })
      const [expected] = judged.filter(([at]) => at >= offset)
      assert.deepEqual(
        records.map((record) => [record.offset, valueOf(record)]),
        expected ? [expected] : [],
      )
    }
    return judged.map(([, value]) => value)
  }

  // Taken for the end, the payments behind it were missing when a ledger was filled again, and paid again later.
  it('and open ones: what follows is hidden, which a reader is told, until they end', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, bootstrap())
    const topic = await createTopic()
    const read = (offset: number) => log.read({ topic, partition: 0, offset, recordsMax: 10, bytesMax: 1_000 })
    const [first] = await log.append(recordsOf(topic, ['before']))
    const from = (first?.offset ?? 0) + 1
    assert.equal((await read(from)).isBlocked, false)
    await transactional(async (producer) => {
      const tx = await producer.beginTransaction()
      await send(tx, topic, ['open'])
      await log.append(recordsOf(topic, ['behind'], 0))
      const hidden = await read(from)
      assert.deepEqual([hidden.records, hidden.isBlocked], [[], true])
      await tx.abort()
    })
    assert.deepEqual((await read(from)).records.map(valueOf), ['behind'])
  })

  it('are hidden when one producer aborts twice between ours', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const topic = await createTopic()
    await log.append(recordsOf(topic, ['first']))
    await transactional(async (producer) => {
      await abort(producer, topic, ['aborted 1', 'aborted 2'])
      await log.append(recordsOf(topic, ['between']))
      await abort(producer, topic, ['aborted 3', 'aborted 4'])
    })
    await log.append(recordsOf(topic, ['last']))
    assert.deepEqual(await sameAsJava(log, topic, startMember), ['first', 'between', 'last'])
  })

  it('are hidden when there are more of them than a fetch takes, and their marker comes in a later one', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const topic = await createTopic({ recordBytesMax: 500_000 })
    await log.append(recordsOf(topic, ['first']))
    await transactional(async (producer) => {
      const tx = await producer.beginTransaction()
      // A fetch takes 1 MiB of a partition; each send is a batch of 300 kB.
      for (let sent = 0; sent < 8; sent += 1) await send(tx, topic, numbered('x'.repeat(30_000), 10))
      await log.append(recordsOf(topic, ['while it is open']))
      await tx.abort()
    })
    await log.append(recordsOf(topic, ['last']))
    assert.deepEqual(await sameAsJava(log, topic, startMember), ['first', 'while it is open', 'last'])
  })

  it('are hidden when producers take turns within their transactions', async (t) => {
    const { log, createTopic, startMember } = await openKafkaHarness(t, bootstrap())
    const topic = await createTopic()
    await transactional((one) =>
      transactional((two) =>
        transactional(async (three) => {
          const takeTurns = async (round: number, ends: readonly ('commit' | 'abort')[]): Promise<void> => {
            const open: { tx: Open; end: 'commit' | 'abort' }[] = []
            for (const [index, producer] of [one, two, three].entries())
              open.push({ tx: await producer.beginTransaction(), end: ends[index] ?? 'abort' })
            for (const part of ['a', 'b', 'c']) {
              for (const { tx, end } of open) await send(tx, topic, [`${round}${part} ${end}`])
              await log.append(recordsOf(topic, [`${round}${part} ours`]))
              // The others go on behind its marker.
              const first = open.shift()
              await first?.tx[first.end]()
            }
          }
          await takeTurns(1, ['abort', 'commit', 'abort'])
          await takeTurns(2, ['commit', 'abort', 'abort'])
          await takeTurns(3, ['abort', 'abort', 'commit'])
        }),
      ),
    )
    const values = await sameAsJava(log, topic, startMember)
    assert.equal(values.length, 15)
    assert.ok(values.every((value) => !value.includes('abort')))
  })
})
