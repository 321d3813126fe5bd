import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { bytesOf } from '../../src/codec/bytes.ts'
import { decodeDeadLetter, encodeDeadLetter } from '../../src/codec/dead-letter-codec.ts'
import { decodeIssues } from '../../src/codec/letter-issues.ts'
import { hasCode, OrdermillError, type Issue } from '../../src/errors.ts'

const reason = { group: 'payments-group', topic: 'orders', partition: '1', offset: '22', 'delivery.count': '3' }

function letterWith(over: Readonly<Record<string, string>>) {
  return decodeDeadLetter({
    topic: 'orders.payments-group.dlq',
    topicId: 't1',
    partition: 0,
    offset: 5,
    timestampMs: 1_000,
    key: null,
    value: null,
    headers: Object.entries({ ...reason, ...over }).map(([name, text]) => [`__dlq.errors.${name}`, bytesOf(text)]),
  })
}

describe('a dead letter that is read', () => {
  it('says which record was refused, and how often', () => {
    const { group, topic, partition, offset, deliveryCount } = letterWith({})
    assert.deepEqual([group, topic, partition, offset, deliveryCount], ['payments-group', 'orders', 1, 22, 3])
  })

  it('is none when its position is not made of whole numbers', () => {
    for (const name of ['partition', 'offset']) {
      for (const text of ['-1', '', ' ', '1.5', '1e3', '0x10', '9007199254740993', 'x']) {
        const isRefused = (error: unknown) => hasCode(error, 'RECORD_INVALID')
        assert.throws(() => letterWith({ [name]: text }), isRefused, `${name} ${JSON.stringify(text)}`)
      }
    }
  })

  it('was delivered once when its count says nothing', () => {
    for (const text of ['x', '', '-1', '2.5']) assert.equal(letterWith({ 'delivery.count': text }).deliveryCount, 1)
  })
})

describe('a dead letter that is written', () => {
  // A topic's limit counts compressed bytes: a record of megabytes of zeros gets in, and its letter fitted nowhere.
  it('is cut when the record is larger than letter topics take, and tells what the whole was', () => {
    const value = new Uint8Array(3 * 1024 * 1024).fill(1)
    const letter = letterOf({ key: new Uint8Array(300_000), value, headers: [['big', new Uint8Array(500_000)]] })
    const bytes = letter.headers.reduce((sum, [name, content]) => sum + name.length + content.length, 0)
    assert.ok((letter.key?.length ?? 0) + (letter.value?.length ?? 0) + bytes <= 1024 * 1024 + 2 * 64 * 1024)
    assert.ok(letter.value?.every((byte) => byte === 1))
    assert.equal(reasonIn(letter, 'original.bytes'), String(300_000 + value.length + 500_003))
    assert.equal(reasonIn(letter, 'value.sha256'), createHash('sha256').update(value).digest('hex'))
    assert.equal(reasonIn(letter, 'offset'), '22')
  })

  it('holds the record byte for byte when it fits', () => {
    const record = {
      key: new Uint8Array([1]),
      value: new Uint8Array(1024 * 1024),
      headers: [['a', bytesOf('b')]] as const,
    }
    const letter = letterOf(record)
    assert.deepEqual([letter.key, letter.value, letter.headers[0]], [record.key, record.value, record.headers[0]])
    assert.equal(reasonIn(letter, 'value.sha256'), undefined)
  })
})

it('nothing that a sender of orders wrote makes its letter a cut or a redriven one', () => {
  const forged = ['__dlq.errors.original.bytes', '__dlq.errors.issues', 'x-redrive-count']
  const headers = forged.map((name) => [name, bytesOf('9')] as const)
  const letter = letterOf({ key: null, value: null, headers })
  assert.deepEqual([reasonIn(letter, 'original.bytes'), reasonIn(letter, 'issues')], [undefined, undefined])
  const place = { topic: 'orders.payments-group.dlq', topicId: 't1', partition: 0, offset: 5, timestampMs: 1_000 }
  assert.equal(decodeDeadLetter({ ...place, ...letter }).redriveCount, 0)
})

describe('why a record was refused', () => {
  const issues = [{ pointer: '/amount', message: 'must be a positive number' }]

  it('is in its letter as places in the value', () => {
    assert.deepEqual(decodeIssues(refusedFor(issues)), issues)
    assert.deepEqual(decodeIssues(refusedFor([])), [])
  })

  it('is bounded, however much is wrong', () => {
    const many = Array.from({ length: 1_000 }, (_, n) => ({
      pointer: `/${n}${'p'.repeat(9_000)}`,
      message: 'é'.repeat(9_000),
    }))
    const found = decodeIssues(refusedFor(many))
    assert.deepEqual([found.length, found[0]?.pointer.length, found[0]?.message.length], [20, 300, 300])
    assert.ok((reasonIn(refusedFor(many), 'issues') ?? '').length < 16_384)
  })

  it('is nothing where somebody wrote something else', () => {
    for (const text of ['', 'x', '{}', '[1]', '[{"pointer":1,"message":""}]']) {
      assert.deepEqual(decodeIssues({ headers: [['__dlq.errors.issues', bytesOf(text)]] }), [])
    }
  })

  function refusedFor(given: readonly Issue[]): Content {
    return letterOf(
      { key: null, value: null, headers: [] },
      new OrdermillError('RECORD_INVALID', 'no', { issues: given }),
    )
  }
})

type Content = Pick<Parameters<typeof decodeDeadLetter>[0], 'key' | 'value' | 'headers'>

function letterOf(content: Content, error = new OrdermillError('RECORD_TOO_LARGE', 'too large')): Content {
  const place = { topic: 'orders', topicId: 't1', partition: 1, offset: 22, timestampMs: 1_000 }
  const refusal = { record: { ...place, ...content }, error, stage: 'decode', attempt: 1, atMs: 0 } as const
  return { headers: [], ...encodeDeadLetter('orders.payments-group.dlq', 'payments-group', refusal) }
}

function reasonIn({ headers }: Content, name: string): string | undefined {
  const found = headers.find(([known]) => known === `__dlq.errors.${name}`)
  return found && Buffer.from(found[1]).toString()
}
