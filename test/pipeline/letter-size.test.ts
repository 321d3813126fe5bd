import assert from 'node:assert/strict'
import { it } from 'node:test'
import { deadLetterTopic, retryTopic } from '../../src/codec/dead-letter-codec.ts'
import { utf8 } from '../support/log-harness.ts'
import { openRig } from '../support/pipeline-rig.ts'

const group = 'fraud-group'

// A letter that did not fit its topic ended the service for good, at every start.
it('has room for the letter of the largest record, redriven or not', async () => {
  const rig = await openRig()
  const retry = retryTopic('orders', group)
  const value = new Uint8Array(1024 * 1024 + 60 * 1024)
  await rig.append({ topic: 'orders', key: null, value: value.subarray(0, 1024 * 1024) })
  await rig.append({ topic: retry, key: null, value })
  await rig.append({
    topic: deadLetterTopic('orders', group),
    key: null,
    value: new Uint8Array(1024 * 1024 + 120 * 1024),
  })
  await rig.run('fraud', 'views')
  const letters = await rig.records(deadLetterTopic('orders', group))
  assert.deepEqual(
    new Set(letters.map((letter) => letter.value?.length)),
    new Set([1024 * 1024, value.length, 1024 * 1024 + 120 * 1024]),
  )
  assert.equal((await rig.records(deadLetterTopic('fraud-alerts', 'views-group'))).length, 1)
})

it('keeps one reason, the newest, however often a record is redriven and refused', async () => {
  const rig = await openRig()
  const headers = [
    ['mine', utf8('kept')],
    ['__dlq.errors.code', utf8('OLD')],
  ] as const
  await rig.append({ topic: retryTopic('orders', group), key: null, value: utf8('{'), headers })
  await rig.run('fraud')
  const [letter] = await rig.records(deadLetterTopic('orders', group))
  const names = letter?.headers.map(([name]) => name) ?? []
  assert.equal(names[0], 'mine')
  assert.equal(names.filter((name) => name === '__dlq.errors.code').length, 1)
})
