import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ProduceAcks } from '@platformatic/kafka'
import { readCommitted } from '../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useBroker } from '../support/kafka/suite.ts'
import { createTopic, withProducer, type Message } from './client.ts'

const sendMax = 5_000

describe('the committed reader', kafkaSuiteOptions(), () => {
  const { bootstrap } = useBroker()
  const aTopic = async (partitions = 1): Promise<string> => {
    const topic = `judged-${process.pid}-${performance.now()}`
    await createTopic(bootstrap(), topic, partitions)
    return topic
  }
  const sendAll = (messages: readonly Message[]): Promise<void> =>
    withProducer({ bootstrap: bootstrap() }, async (producer) => {
      for (let sent = 0; sent < messages.length; sent += sendMax) {
        await producer.send({ messages: messages.slice(sent, sent + sendMax), acks: ProduceAcks.ALL })
      }
    })

  it('gives every byte of keys, values and headers, and null where there is none', async () => {
    const topic = await aTopic()
    const nasty = Buffer.from([0, 9, 10, 13, 34, 92, 128, 255])
    const headers = new Map([[Buffer.from('tab\t"é'), nasty]])
    await sendAll([
      { topic, key: nasty, value: nasty, headers, timestamp: 1_700_000_000_123n },
      { topic, key: Buffer.from('tombstone'), timestamp: 1_700_000_000_124n },
    ])
    assert.deepEqual(await readCommitted(bootstrap(), [topic]), [
      {
        topic,
        partition: 0,
        offset: 0,
        timestampMs: 1_700_000_000_123,
        key: nasty,
        value: nasty,
        headers: [['tab\t"é', nasty]],
      },
      {
        topic,
        partition: 0,
        offset: 1,
        timestampMs: 1_700_000_000_124,
        key: Buffer.from('tombstone'),
        value: null,
        headers: [],
      },
    ])
  })

  it('hides what was aborted or is still open, and ends behind it', async () => {
    const topic = await aTopic()
    const transaction = async (transactionalId: string, value: string, end: 'commit' | 'abort'): Promise<void> =>
      withProducer({ bootstrap: bootstrap(), transactionalId }, async (producer) => {
        const tx = await producer.beginTransaction()
        await tx.send({ messages: [{ topic, value: Buffer.from(value) }] })
        await tx[end]()
      })
    const values = async (): Promise<string[]> =>
      (await readCommitted(bootstrap(), [topic])).map(({ value, offset }) => `${offset}: ${String(value)}`)

    await transaction('one', 'kept', 'commit')
    await transaction('two', 'aborted', 'abort')
    await transaction('one', 'kept too', 'commit')
    await transaction('two', 'aborted at the end', 'abort')
    assert.deepEqual(await values(), ['0: kept', '4: kept too'])

    await withProducer({ bootstrap: bootstrap(), transactionalId: 'three' }, async (producer) => {
      const tx = await producer.beginTransaction()
      await tx.send({ messages: [{ topic, value: Buffer.from('open') }] })
      await sendAll([{ topic, value: Buffer.from('behind the open one') }])
      assert.deepEqual(await values(), ['0: kept', '4: kept too'])
      await tx.commit()
    })
    assert.deepEqual(await values(), ['0: kept', '4: kept too', '8: open', '9: behind the open one'])
  })

  it('reads 40,000 records of four partitions, each in order', async () => {
    const topic = await aTopic(4)
    const value = Buffer.alloc(180, 'x')
    await sendAll(Array.from({ length: 40_000 }, (_, index) => ({ topic, partition: index % 4, value })))
    const records = await readCommitted(bootstrap(), [topic])
    const next = [0, 0, 0, 0]
    for (const { partition, offset } of records) {
      assert.equal(offset, next[partition])
      next[partition] = offset + 1
    }
    assert.deepEqual(next, [10_000, 10_000, 10_000, 10_000])
  })

  it('refuses a topic that is not there', async () => {
    await assert.rejects(readCommitted(bootstrap(), ['never-made']), /never-made/)
  })
})
