import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeDeadLetter } from '../../src/codec/dead-letter-codec.ts'
import { hasCode } from '../../src/errors.ts'

/** Bytes as these systems write them, in hexadecimal, or as text. */
type Headers = Readonly<Record<string, Buffer | string>>

function letterWith(headers: Headers) {
  return decodeDeadLetter({
    topic: 'theirs.DLT',
    topicId: 't1',
    partition: 2,
    offset: 5,
    timestampMs: 1_000,
    key: null,
    value: Buffer.from('{"order_id":7}'),
    headers: Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]),
  })
}

const connect: Headers = {
  '__connect.errors.topic': 'orders',
  '__connect.errors.partition': '3',
  '__connect.errors.offset': '4711',
  '__connect.errors.connector.name': 'warehouse-sink',
  '__connect.errors.task.id': '0',
  '__connect.errors.stage': 'VALUE_CONVERTER',
  '__connect.errors.class.name': 'org.apache.kafka.connect.json.JsonConverter',
  '__connect.errors.exception.class.name': 'org.apache.kafka.connect.errors.DataException',
  '__connect.errors.exception.message': 'Converting byte[] to Kafka Connect data failed',
}

const spring: Headers = {
  'kafka_dlt-original-topic': 'orders',
  'kafka_dlt-original-partition': Buffer.from('00000003', 'hex'),
  'kafka_dlt-original-offset': Buffer.from('0000000100000002', 'hex'),
  'kafka_dlt-original-timestamp': Buffer.from('0000019b5a0f3c00', 'hex'),
  'kafka_dlt-original-consumer-group': 'billing',
  'kafka_dlt-exception-fqcn': 'org.springframework.kafka.listener.ListenerExecutionFailedException',
  'kafka_dlt-exception-message': 'Listener failed',
}

const streams: Headers = {
  '__streams.errors.topic': 'orders',
  '__streams.errors.partition': '0',
  '__streams.errors.offset': '9',
  '__streams.errors.exception': 'org.apache.kafka.common.errors.SerializationException: bad bytes',
  '__streams.errors.message': 'bad bytes',
}

describe('a dead letter of another system', () => {
  it('of Kafka Connect is of its connector', () => {
    const { group, topic, partition, offset, code, message, stage, orderId } = letterWith(connect)
    assert.deepEqual([group, topic, partition, offset], ['warehouse-sink', 'orders', 3, 4711])
    assert.deepEqual([code, stage, orderId], ['DataException', 'VALUE_CONVERTER, task 0', 7])
    assert.equal(message, 'Converting byte[] to Kafka Connect data failed')
  })

  it('of Spring has its numbers in binary, and is of the group that failed', () => {
    const { group, topic, partition, offset, code, message } = letterWith(spring)
    assert.deepEqual([group, topic, partition, offset], ['billing', 'orders', 3, 2 ** 32 + 2])
    assert.deepEqual([code, message], ['ListenerExecutionFailedException', 'Listener failed'])
    const cause = { 'kafka_dlt-exception-cause-fqcn': 'java.lang.IllegalStateException' }
    assert.equal(letterWith({ ...spring, ...cause }).code, 'IllegalStateException')
  })

  it('of Kafka Streams names no group', () => {
    const { group, topic, partition, offset, code, message } = letterWith(streams)
    assert.deepEqual([group, topic, partition, offset], ['foreign', 'orders', 0, 9])
    assert.deepEqual([code, message], ['SerializationException', 'bad bytes'])
  })

  it('was delivered once, refused when it was written, and never redriven, for all that is known', () => {
    const { deliveryCount, firstFailedAtMs, timestampMs, redriveCount, letter } = letterWith(spring)
    assert.deepEqual([deliveryCount, firstFailedAtMs, timestampMs, redriveCount], [1, 1_000, 1_000, 0])
    assert.deepEqual(letter, { topic: 'theirs.DLT', partition: 2, offset: 5 })
  })

  it('is none when its position is missing, negative, or of another size', () => {
    const broken: readonly Headers[] = [
      { ...connect, '__connect.errors.offset': '-1' },
      { ...spring, 'kafka_dlt-original-partition': '3' },
      { ...spring, 'kafka_dlt-original-partition': Buffer.from('ffffffff', 'hex') },
      { ...spring, 'kafka_dlt-original-offset': Buffer.from('00000009', 'hex') },
      { ...streams, '__streams.errors.topic': '' },
      {},
    ]
    for (const headers of broken) {
      assert.throws(
        () => letterWith(headers),
        (error) => hasCode(error, 'RECORD_INVALID'),
      )
    }
  })
})
