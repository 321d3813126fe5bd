import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { logHealth } from '../../src/compose/health.ts'
import type { TopicDescription } from '../../src/ports/log.ts'

const answers = { name: 'log', ok: true, detail: 'answers' }

/** A log that is asked by hand. */
function openAsked() {
  let asked = 0
  let nowMs = 0
  let waiting = Promise.withResolvers<readonly TopicDescription[]>()
  const topics = () => ((asked += 1), (waiting = Promise.withResolvers()).promise)
  return {
    check: logHealth({ topics }, () => nowMs),
    asked: () => asked,
    pass: (ms: number) => (nowMs += ms),
    answer: () => waiting.resolve([]),
    fail: (message: string) => waiting.reject(new Error(message)),
  }
}

describe('the health of a log', () => {
  it('is asked once for all probes of a second', async () => {
    const { check, asked, answer, pass } = openAsked()
    const probes = [check(), check()]
    answer()
    assert.deepEqual(await Promise.all([...probes, check()]), [answers, answers, answers])
    assert.equal(asked(), 1)
    pass(1_000)
    const later = check()
    answer()
    await later
    assert.equal(asked(), 2)
  })

  it('tells why the log does not answer, and that it does again', async () => {
    const { check, answer, fail, pass } = openAsked()
    const bad = check()
    fail('away')
    assert.deepEqual(await bad, { name: 'log', ok: false, detail: 'away' })
    pass(1_000)
    const good = check()
    answer()
    assert.deepEqual(await good, answers)
  })

  it('does not pile questions up on a log that hangs', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { check, asked, answer, pass } = openAsked()
    const probe = async () => {
      const checked = check()
      pass(5_000)
      t.mock.timers.tick(5_000)
      return checked
    }
    const late = { name: 'log', ok: false, detail: 'no answer within 5000 ms' }
    assert.deepEqual([await probe(), await probe()], [late, late])
    assert.equal(asked(), 1)
    const back = check()
    answer()
    assert.deepEqual(await back, answers)
  })
})
