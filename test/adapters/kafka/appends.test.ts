import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { hasCode } from '../../../src/errors.ts'
import { readCommitted, type JudgeRecord } from '../../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useOwnBroker } from '../../support/kafka/suite.ts'
import { numbered, recordsOf, uniqueName, utf8, waitUntilCaughtUp } from '../../support/log-harness.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startRequestProxy } from './request-proxy.ts'
import { anotherLog, collector, copyTo, judgedValues, openKafkaHarness } from './rig.ts'
import { startMemberProcess } from './start-member-process.ts'

const proxy = await startRequestProxy()

describe('appends to a Kafka log', kafkaSuiteOptions({ ownBroker: true }), () => {
  const broker = useOwnBroker({ advertisedPort: proxy.port })
  before(() => proxy.forwardTo(broker().proxiedPort ?? 0))
  after(() => proxy.close())
  const judge = (topic: string): Promise<readonly JudgeRecord[]> => readCommitted(broker().bootstrap, [topic])

  it('of more than a batch takes are written whole and in order', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, broker().bootstrap)
    const topic = await createTopic({ partitions: 2, recordBytesMax: 20_000 })
    const values = [0, 1].map((partition) => numbered(`${'x'.repeat(10_000)}-${partition}-`, 100))
    const positions = await log.append(values.flatMap((own, partition) => recordsOf(topic, own, partition)))
    const records = await judge(topic)
    for (const [partition, own] of values.entries()) {
      const written = records.filter((record) => record.partition === partition)
      assert.deepEqual(
        written.map(({ value }) => String(value)),
        own,
      )
      assert.deepEqual(
        positions.filter((position) => position.partition === partition).map(({ offset }) => offset),
        written.map(({ offset }) => offset),
      )
    }
  })

  // Both were sent in one request; the one that had been written was sent again under another identity.
  it('are written once beside one whose topic is gone', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, broker().bootstrap)
    const [goes, stays] = [await createTopic(), await createTopic()]
    await Promise.all([log.append(recordsOf(goes, ['first'])), log.append(recordsOf(stays, ['first']))])
    await anotherLog(t, broker().bootstrap).deleteTopic(goes)
    const appends = [log.append(recordsOf(goes, ['second'])), log.append(recordsOf(stays, ['second']))]
    const [refused, written] = await Promise.allSettled(appends)
    assert.ok(refused?.status === 'rejected' && hasCode(refused.reason, 'TOPIC_UNKNOWN'))
    assert.equal(written?.status, 'fulfilled')
    assert.deepEqual(await judgedValues(judge(stays)), ['first', 'second'])
  })

  it('keep the order of a key when many are under way at once', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, broker().bootstrap)
    const topic = await createTopic({ partitions: 3 })
    const keys = numbered('key', 10)
    const appends: Promise<unknown>[] = []
    for (let count = 0; count < 200; count += 1) {
      const record = (key: string) => ({ topic, key: utf8(key), value: utf8(String(count)) })
      // Some of one key, some of all: the latter take a transaction.
      const own = count % 3 === 0 ? keys : [keys[count % 10] ?? '']
      appends.push(log.append(own.map(record)))
      // Some turns later, others are already being written.
      if (count % 20 === 0) await appends[0]
    }
    await Promise.all(appends)
    const byKey = Map.groupBy(await judge(topic), ({ key }) => String(key))
    for (const [index, key] of keys.entries()) {
      const expected = Array.from({ length: 200 }, (_, count) => count).filter(
        (count) => count % 3 === 0 || count % 10 === index,
      )
      assert.deepEqual(
        byKey.get(key)?.map(({ value }) => Number(value)),
        expected,
      )
    }
  })

  it('are there once each after the broker was killed and started again in the middle', async (t) => {
    const { log, createTopic } = await openKafkaHarness(t, broker().bootstrap)
    const topic = await createTopic({ partitions: 2 })
    const acknowledged: string[] = []
    const over = new AbortController()
    const write = async (writer: number): Promise<void> => {
      for (let count = 0; !over.signal.aborted; count += 1) {
        const value = `${writer}-${count}`
        const both = [...recordsOf(topic, [value], 0), ...recordsOf(topic, [value], 1)]
        await log.append(writer === 0 ? both : recordsOf(topic, [value], writer % 2))
        acknowledged.push(value)
      }
    }
    const writers = [0, 1, 2].map(write)
    await waitFor('some are written', () => acknowledged.length > 100)
    await broker().kill()
    await broker().restart()
    const before = acknowledged.length
    await waitFor('more are written', () => acknowledged.length > before + 100)
    over.abort()
    await Promise.all(writers)
    const records = await judge(topic)
    const found = records.map(({ partition, value }) => `${partition}: ${String(value)}`)
    const expected = acknowledged.flatMap((value) => {
      const writer = Number(value.split('-')[0])
      return writer === 0 ? [`0: ${value}`, `1: ${value}`] : [`${writer % 2}: ${value}`]
    })
    assert.deepEqual(found.toSorted(), expected.toSorted())
  })

  it('and steps without transactions keep everything, and repeat the same bytes after a crash', async (t) => {
    const delivery = 'at-least-once'
    const clientId = 'crashes'
    const { log, createTopic, startMember } = await openKafkaHarness(t, broker().bootstrap, { delivery })
    const [topic, out, group] = [await createTopic(), await createTopic(), uniqueName('group')]
    await log.append(recordsOf(topic, numbered('v', 10)))
    const keeping = proxy.keep({ name: 'offsetCommit', clientId })
    const bootstrap = `127.0.0.1:${proxy.port}`
    const { child } = startMemberProcess(t, { bootstrap, clientId, group, topic, out, delivery, recordsMax: 5 })
    await keeping
    child.kill('SIGKILL')
    const { values, step } = collector()
    startMember(log, { group: uniqueName('reader'), topics: [out] }, step)
    startMember(log, { group, topics: [topic] }, copyTo(out))
    await waitUntilCaughtUp(log, group)
    const expected = [...numbered('v', 5), ...numbered('v', 10)]
    await waitFor('all can be read', () => values.length === expected.length)
    const records = await judge(out)
    assert.deepEqual(await judgedValues(Promise.resolve(records)), expected)
    const bytesOf = ({ key, value, headers }: JudgeRecord) => ({ key, value, headers })
    assert.deepEqual(records.slice(0, 5).map(bytesOf), records.slice(5, 10).map(bytesOf))
  })
})
