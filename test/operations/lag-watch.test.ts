import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openLagWatch, type LagWatch, type WatchedPartition } from '../../src/operations/lag-watch.ts'
import { noOperations } from '../../src/operations/operations-state.ts'
import type { PartitionLag } from '../../src/ports/log.ts'
import { gate } from '../support/gate.ts'
import { manualClock } from '../support/manual-clock.ts'

const group = 'payments-group'
const stuckMs = 60_000

/** A group of one partition, as the test says it is. */
function watched() {
  const clock = manualClock()
  const next: Pick<PartitionLag, 'nextTimestampMs'> = { nextTimestampMs: clock.now() }
  const world = { committed: 0, end: 0, paused: false, looks: 0, ...next }
  const lag = async (): Promise<readonly PartitionLag[]> => {
    const { committed, end } = world
    const lagRecords = end - committed
    const nextTimestampMs = lagRecords > 0 ? world.nextTimestampMs : null
    return Promise.resolve([{ topic: 'orders', partition: 0, committed, begin: 0, end, lagRecords, nextTimestampMs }])
  }
  const groups = () => ((world.looks += 1), Promise.resolve([group]))
  const state = () => Promise.resolve({ ...noOperations, pausedGroups: new Set(world.paused ? [group] : []) })
  const times = { clock: clock.now, monotonicMs: clock.now }
  const watch = openLagWatch({ log: { groups, lag }, operations: { state }, stuckMs, ...times })
  return { world, watch, advance: clock.advance, now: clock.now }
}

async function partitionOf(watch: LagWatch): Promise<WatchedPartition> {
  const [one] = await watch.groups(0)
  assert.ok(one?.partitions[0])
  return one.partitions[0]
}

describe('a partition', () => {
  it('is stuck when it has had something to read for the limit and has not moved, until it moves', async () => {
    const { world, watch, advance } = watched()
    world.end = 10
    assert.equal((await partitionOf(watch)).isStuck, false)
    advance(stuckMs - 1)
    assert.equal((await partitionOf(watch)).isStuck, false)
    advance(1)
    const stuck = await partitionOf(watch)
    assert.deepEqual([stuck.isStuck, stuck.idleSeconds, stuck.lagSeconds], [true, 60, 60])
    world.committed = 1
    const moved = await partitionOf(watch)
    assert.deepEqual([moved.isStuck, moved.idleSeconds], [false, 0])
    advance(stuckMs)
    assert.equal((await partitionOf(watch)).isStuck, true)
    world.committed = 10
    assert.equal((await partitionOf(watch)).isStuck, false)
  })

  it('is not stuck by what has just come after hours with nothing to read', async () => {
    const { world, watch, advance, now } = watched()
    await partitionOf(watch)
    advance(7_200_000)
    world.end = 1
    world.nextTimestampMs = now()
    const idle = await partitionOf(watch)
    assert.deepEqual([idle.isStuck, idle.idleSeconds], [false, 7_200])
    advance(stuckMs)
    assert.equal((await partitionOf(watch)).isStuck, true)
  })

  // Its age is 0 then: the watch took the lesser of that and its own time, and never called it stuck.
  it('is stuck all the same when its records are logged by a clock that is ahead', async () => {
    const { world, watch, advance, now } = watched()
    world.end = 5
    world.nextTimestampMs = now() + 3_600_000
    assert.equal((await partitionOf(watch)).isStuck, false)
    advance(stuckMs)
    const { isStuck, lagSeconds } = await partitionOf(watch)
    assert.deepEqual([isStuck, lagSeconds], [true, 0])
  })

  it('is not stuck where markers of the log alone are left', async () => {
    const { world, watch, advance } = watched()
    world.end = 1
    world.nextTimestampMs = null
    await partitionOf(watch)
    advance(stuckMs)
    assert.equal((await partitionOf(watch)).isStuck, false)
  })

  it('is not stuck while its group is paused, and has the whole limit when it goes on', async () => {
    const { world, watch, advance } = watched()
    world.end = 5
    world.paused = true
    await partitionOf(watch)
    advance(10 * stuckMs)
    const [paused] = await watch.groups(0)
    assert.deepEqual([paused?.isPaused, paused?.partitions[0]?.isStuck], [true, false])
    world.paused = false
    advance(stuckMs - 1)
    assert.equal((await partitionOf(watch)).isStuck, false)
    advance(1)
    assert.equal((await partitionOf(watch)).isStuck, true)
  })
})

describe('the watch of lags', () => {
  it('tells how fast the lag of a group grows or shrinks', async () => {
    const { world, watch, advance } = watched()
    const trend = async () => (await watch.groups(0))[0]?.trendPerSecond
    assert.equal(await trend(), 0)
    world.end = 300
    advance(10_000)
    assert.equal(await trend(), 30)
    advance(3_600_000)
    await trend()
    world.committed = 250
    advance(20_000)
    assert.equal(await trend(), -12.5, 'what was an hour ago does not count')
  })

  it('shares an answer that is new enough, and looks once for all who wait', async () => {
    const { world, watch, advance } = watched()
    await watch.groups(1_000)
    advance(999)
    await Promise.all([watch.groups(1_000), watch.groups(1_000)])
    assert.equal(world.looks, 1)
    await Promise.all([watch.groups(0), watch.groups(0), watch.groups(0)])
    assert.equal(world.looks, 2)
    advance(1_000)
    await watch.groups(1_000)
    assert.equal(world.looks, 3)
  })

  it('goes on after the log did not answer', async () => {
    const hung = gate()
    let isAway = true
    const groups = async () => {
      await hung.opened
      return isAway ? Promise.reject(new Error('away')) : []
    }
    const operations = { state: () => Promise.resolve(noOperations) }
    const log = { groups, lag: () => Promise.resolve([]) }
    const watch = openLagWatch({ log, operations, stuckMs, clock: Date.now })
    const asked = [watch.groups(0), watch.groups(0)]
    hung.open()
    await assert.rejects(asked[0] ?? Promise.resolve(), /away/)
    await assert.rejects(asked[1] ?? Promise.resolve(), /away/)
    isAway = false
    assert.deepEqual(await watch.groups(0), [])
  })
})
