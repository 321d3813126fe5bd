import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noOperations } from '../../src/operations/operations-state.ts'
import { followPauses, pausable } from '../../src/operations/pauses.ts'
import { waitFor } from '../support/wait-for.ts'

const group = 'fraud-group'

/** A service that only tells when it runs, of a group that the test pauses. */
function started() {
  const world = { isAway: false, paused: false }
  const seen = { runs: 0, isRunning: false, changes: [] as boolean[], troubles: [] as boolean[] }
  const state = () =>
    world.isAway
      ? Promise.reject(new Error('the log is away'))
      : Promise.resolve({ ...noOperations, pausedGroups: new Set(world.paused ? [group] : []) })
  const pauses = followPauses({
    operations: { state },
    sleep: () => new Promise((resolve) => void setImmediate(resolve)),
    onTrouble: (_error, isKnown) => seen.troubles.push(isKnown),
  })
  const run = async (signal: AbortSignal): Promise<void> => {
    seen.runs += 1
    seen.isRunning = true
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve)
    })
    seen.isRunning = false
  }
  const end = new AbortController()
  const start = () => {
    const onChange = (isPaused: boolean) => seen.changes.push(isPaused)
    return Promise.all([pauses.follow(end.signal), pausable({ group, pauses, onChange, run })(end.signal)])
  }
  return { world, seen, start, stop: () => end.abort() }
}

describe('a service that can be paused', () => {
  it('ends when it is paused and runs again when it is resumed, each time', async () => {
    const { world, seen, start, stop } = started()
    const ended = start()
    for (const run of [1, 2, 3]) {
      await waitFor('it runs', () => seen.isRunning && seen.runs === run)
      world.paused = true
      await waitFor('it rests', () => !seen.isRunning)
      world.paused = false
    }
    await waitFor('it runs', () => seen.isRunning)
    stop()
    await ended
    assert.deepEqual(seen.changes, [true, false, true, false, true, false])
  })

  it('does not run before it is known whether it is paused, and says that it can not tell', async () => {
    const { world, seen, start, stop } = started()
    world.isAway = true
    world.paused = true
    const ended = start()
    await waitFor('it was asked a few times', () => seen.troubles.length > 3)
    assert.deepEqual([seen.runs, new Set(seen.troubles)], [0, new Set([false])])
    world.isAway = false
    await waitFor('it is known', () => seen.changes.length === 1)
    stop()
    await ended
    assert.equal(seen.runs, 0)
  })

  it('goes on as it was while the log does not answer', async () => {
    const { world, seen, start, stop } = started()
    const ended = start()
    await waitFor('it runs', () => seen.isRunning)
    world.isAway = true
    await waitFor('it was asked a few times', () => seen.troubles.length > 3)
    assert.deepEqual([seen.isRunning, seen.runs, new Set(seen.troubles)], [true, 1, new Set([true])])
    stop()
    await ended
  })
})
