import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { troubleLog } from '../../src/compose/trouble-log.ts'
import { OrdermillError } from '../../src/errors.ts'

function openTroubles() {
  const lines: unknown[] = []
  let nowMs = 0
  const trouble = troubleLog({ warn: (line: unknown) => void lines.push(line) }, () => nowMs)
  return { lines, trouble, pass: (ms: number) => (nowMs += ms) }
}

describe('troubles of a log', () => {
  it('are logged once in ten seconds, each of each group', () => {
    const { lines, trouble, pass } = openTroubles()
    for (let attempt = 0; attempt < 99; attempt += 1) {
      for (const group of ['a', 'b']) trouble({ group, error: new OrdermillError('LOG_UNAVAILABLE', 'away') })
      trouble({ group: 'a', error: new Error('Request timed out') })
      pass(100)
    }
    assert.deepEqual(lines, [
      { group: 'a', code: 'LOG_UNAVAILABLE', reason: 'away' },
      { group: 'b', code: 'LOG_UNAVAILABLE', reason: 'away' },
      { group: 'a', reason: 'Request timed out' },
    ])
    pass(100)
    trouble({ group: 'a', error: new Error('Request timed out') })
    assert.equal(lines.length, 4)
  })

  it('say nothing of what a driver keeps in its errors', () => {
    const { lines, trouble } = openTroubles()
    trouble({ group: 'a', error: Object.assign(new Error('refused'), { options: { password: 'correct-horse' } }) })
    assert.doesNotMatch(JSON.stringify(lines), /correct-horse/)
  })
})
