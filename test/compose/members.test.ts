import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asMembers } from '../../src/compose/members.ts'

describe('members of one process', () => {
  it('run side by side until the signal', async () => {
    const stop = new AbortController()
    let running = 0
    const ended = asMembers(3, stop.signal, async (signal) => {
      running += 1
      if (running === 3) stop.abort()
      await aborted(signal)
      running -= 1
    })
    await ended
    assert.equal(running, 0)
  })

  it('end together when one fails, which is told after the others are done', async () => {
    const failure = new Error('the store is ahead')
    const done: number[] = []
    let members = 0
    const ended = asMembers(3, new AbortController().signal, async (signal) => {
      members += 1
      const member = members
      if (member === 2) throw failure
      await aborted(signal)
      done.push(member)
    })
    await assert.rejects(ended, failure)
    assert.deepEqual(done, [1, 3])
  })
})

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
