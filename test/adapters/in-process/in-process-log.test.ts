import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openInProcessLog } from '../../../src/adapters/in-process/in-process-log.ts'
import type { LogChange, LogStorage } from '../../../src/adapters/in-process/log-storage.ts'
import { openMemoryLogStorage } from '../../../src/adapters/memory/memory-log-storage.ts'
import { openMemoryLog } from '../../../src/adapters/memory/memory-log.ts'
import { hasCode, OrdermillError } from '../../../src/errors.ts'
import type { Batch, Log } from '../../../src/ports/log.ts'
import { numbered, readTopic, recordsOf, valueOf } from '../../support/log-harness.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { waitFor } from '../../support/wait-for.ts'

const topic = 'orders'

/** A log that tells what it writes, and whose disk can be made to fail. */
async function openSpied(partitions = 1) {
  const disk = { full: false, writes: [] as LogChange[] }
  const memory = openMemoryLogStorage().attach()
  const storage: LogStorage = {
    ...memory,
    write: (change) => {
      if (disk.full) throw new OrdermillError('LOG_UNAVAILABLE', 'the disk is full')
      disk.writes.push(change)
      memory.write(change)
    },
  }
  const clock = manualClock()
  const pauses: number[] = []
  const log = openInProcessLog(storage, {
    now: clock.now,
    random: () => 0.5,
    sleep: (durationMs) => {
      pauses.push(durationMs)
      return new Promise((resolve) => {
        setImmediate(resolve)
      })
    },
  })
  await log.createTopics([{ name: topic, partitions, recordBytesMax: 1_000, retentionMs: 60_000 }])
  return { log, disk, clock, pauses }
}

describe('in-process log', () => {
  it('writes everything that is pending in one transaction', async () => {
    const { log, disk } = await openSpied(2)
    const writesBefore = disk.writes.length
    await Promise.all(numbered('v', 100).map((value) => log.append(recordsOf(topic, [value]))))
    assert.equal(disk.writes.length, writesBefore + 1)
    await log.close()
  })

  it('rejects all that a failed transaction was to write, and goes on where it was', async () => {
    const { log, disk } = await openSpied()
    const [before] = await log.append(recordsOf(topic, ['a']))
    disk.full = true
    const refused = await Promise.allSettled(numbered('lost', 3).map((value) => log.append(recordsOf(topic, [value]))))
    assert.ok(refused.every((result) => result.status === 'rejected' && hasCode(result.reason, 'LOG_UNAVAILABLE')))
    disk.full = false
    const [after] = await log.append(recordsOf(topic, ['b']))
    assert.equal(after?.offset, (before?.offset ?? 0) + 1)
    assert.deepEqual((await readTopic(log, topic)).map(valueOf), ['a', 'b'])
    await log.close()
  })

  it('hands a batch out again when its commit failed, with longer pauses each time', async () => {
    const { log, disk, pauses } = await openSpied()
    await log.append(recordsOf(topic, ['v']))
    const controller = new AbortController()
    const attempts: number[] = []
    disk.full = true
    const done = log.transform(
      { group: 'g', topics: [topic], recordsMax: 10, bytesMax: 1_000 },
      (batch) => {
        attempts.push(batch.attempt)
        disk.full = attempts.length < 10
        return Promise.resolve([])
      },
      controller.signal,
    )
    await waitFor('it is committed', async () => (await log.lag('g'))[0]?.lagRecords === 0)
    assert.deepEqual(pauses, [25, 50, 100, 200, 400, 800, 1_600, 2_500, 2_500])
    controller.abort()
    await done
    assert.deepEqual(attempts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    await log.close()
  })

  it('tells callers that append without waiting to slow down', async () => {
    const { log } = await openSpied()
    const huge = { topic, key: null, value: new Uint8Array(200 * 1024 * 1024) }
    const [first, second] = await Promise.allSettled([log.append([huge]), log.append([huge])])
    assert.ok(first.status === 'rejected' && hasCode(first.reason, 'RECORD_TOO_LARGE'))
    assert.ok(second.status === 'rejected' && hasCode(second.reason, 'LOG_UNAVAILABLE'))
    await log.append(recordsOf(topic, ['later']))
    await log.close()
  })

  it('looks for expired records once a minute at most', async () => {
    const { log, disk, clock } = await openSpied()
    const removals = () => disk.writes.filter((change) => (change.removals ?? []).length > 0).length
    for (let second = 0; second < 600; second += 1) {
      await log.append(recordsOf(topic, ['v']))
      clock.advance(1_000)
    }
    assert.ok(removals() >= 8 && removals() <= 10, `${removals()} removals in 10 minutes`)
    const kept = (await readTopic(log, topic)).length
    assert.ok(kept >= 60 && kept <= 121, `${kept} records kept`)
    await log.close()
  })

  it('leaves assignments alone that a rebalance does not move', async () => {
    const { log } = await openSpied(4)
    const controller = new AbortController()
    const batches: Batch[] = []
    const subscription = { group: 'g', topics: [topic], recordsMax: 100, bytesMax: 10_000 }
    const feed = () => Promise.all([0, 1, 2, 3].map((partition) => log.append(recordsOf(topic, ['v'], partition))))
    const first = log.transform(subscription, keep(batches), controller.signal)
    await feed()
    await waitFor('all is read', async () => (await log.lag('g')).every(({ lagRecords }) => lagRecords === 0))
    const before = tokensByPartition(batches.splice(0))
    const others: Batch[] = []
    const second = log.transform(subscription, keep(others), controller.signal)
    await feed()
    await waitFor('all is read', async () => (await log.lag('g')).every(({ lagRecords }) => lagRecords === 0))
    const [kept, moved] = [tokensByPartition(batches), tokensByPartition(others)]
    assert.deepEqual([kept.size, moved.size], [2, 2])
    for (const [partition, token] of kept) assert.equal(token, before.get(partition))
    for (const [partition, token] of moved) assert.notEqual(token, before.get(partition))
    controller.abort()
    await Promise.all([first, second])
    await log.close()
  })

  it('gives each partition with unread records an even share of a batch', async () => {
    const { log } = await openSpied(3)
    for (const [partition, count] of [100, 2, 100].entries()) {
      await log.append(recordsOf(topic, numbered('v', count), partition))
    }
    const controller = new AbortController()
    const batches: Batch[] = []
    const subscription = { group: 'g', topics: [topic], recordsMax: 30, bytesMax: 10_000 }
    const done = log.transform(subscription, keep(batches), controller.signal)
    await waitFor('a batch is cut', () => batches.length > 0)
    controller.abort()
    await done
    const sizes = batches[0]?.slices.map(({ records }) => records.length)
    assert.deepEqual(sizes, [10, 2, 18])
    await log.close()
  })

  it('serves a partition whose large record never fits beside those of a busy one', async () => {
    const { log } = await openSpied(3)
    await log.append([{ topic, key: null, value: new Uint8Array(900), partition: 2 }])
    const controller = new AbortController()
    const partitions: number[] = []
    const subscription = { group: 'g', topics: [topic], recordsMax: 30, bytesMax: 500 }
    const done = log.transform(
      subscription,
      async ({ slices }) => {
        partitions.push(...slices.map(({ partition }) => partition))
        // Partition 0 stays empty, partition 1 always has more.
        await log.append(recordsOf(topic, numbered('v', 10), 1))
        return []
      },
      controller.signal,
    )
    await log.append(recordsOf(topic, numbered('v', 10), 1))
    await waitFor('both are served', () => partitions.includes(2) && partitions.includes(1))
    controller.abort()
    await done
    await log.close()
  })

  it('forgets a group whose only topic is deleted, as after a restart', async () => {
    const { log } = await openSpied()
    await log.append(recordsOf(topic, ['v']))
    await log.seek('g', [{ topic, partition: 0, offset: 1 }])
    assert.deepEqual(await log.groups(), ['g'])
    await log.deleteTopic(topic)
    assert.deepEqual(await log.groups(), [])
    await log.close()
  })

  it('ends its members when it is closed under them', async () => {
    const { log } = await openSpied()
    const subscription = { group: 'g', topics: [topic], recordsMax: 100, bytesMax: 10_000 }
    const idle = log.transform(subscription, keep([]), new AbortController().signal)
    await log.close()
    await assert.rejects(idle, (error) => hasCode(error, 'LOG_UNAVAILABLE'))
  })

  it('lets nobody write a storage that another log was opened on since', async () => {
    const storage = openMemoryLogStorage()
    const killed = openMemoryLog({ storage })
    await killed.createTopics([{ name: topic, partitions: 1, recordBytesMax: 1_000 }])
    await killed.append(recordsOf(topic, ['before']))
    const restarted = openMemoryLog({ storage })
    await assert.rejects(killed.append(recordsOf(topic, ['zombie'])), (error) => hasCode(error, 'LOG_UNAVAILABLE'))
    await restarted.append(recordsOf(topic, ['after']))
    assert.deepEqual((await readTopic(restarted, topic)).map(valueOf), ['before', 'after'])
    await restarted.close()
  })

  it('does the same again with the same clock, randomness and scheduler', async () => {
    assert.deepEqual(await traceOf(1), await traceOf(1))
    assert.notDeepEqual(await traceOf(1), await traceOf(2))
  })
})

function keep(batches: Batch[]): (batch: Batch) => Promise<readonly never[]> {
  return (batch) => {
    batches.push(batch)
    return Promise.resolve([])
  }
}

function tokensByPartition(batches: readonly Batch[]): ReadonlyMap<number, string> {
  return new Map(batches.flatMap(({ slices }) => slices.map(({ partition, assignment }) => [partition, assignment])))
}

/** All that two groups see of a log whose surroundings come from `seed`. */
async function traceOf(seed: number): Promise<readonly string[]> {
  const trace: string[] = []
  let state = seed
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const resume: (() => void)[] = []
  const turn = (): Promise<void> => new Promise((resolve) => resume.push(resolve))
  const log = openMemoryLog({ now: manualClock().now, random, sleep: turn, defer: turn })
  const controller = new AbortController()
  const script = { ended: false }
  void runScript(log, random, trace, controller.signal).finally(() => {
    script.ended = true
  })
  while (!script.ended) {
    resume.splice(Math.floor(random() * resume.length), 1)[0]?.()
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
  controller.abort()
  return trace
}

async function runScript(log: Log, random: () => number, trace: string[], signal: AbortSignal): Promise<void> {
  await log.createTopics([{ name: topic, partitions: 3, recordBytesMax: 1_000 }])
  for (const group of ['g', 'g', 'h']) {
    void log.transform(
      { group, topics: [topic], recordsMax: 5, bytesMax: 1_000 },
      (batch) => {
        for (const { assignment, partition, from, next } of batch.slices) {
          trace.push(`${group} ${assignment} ${partition} ${from} ${next} ${batch.attempt}`)
        }
        return random() < 0.3 ? Promise.reject(new Error('unlucky')) : Promise.resolve([])
      },
      signal,
    )
  }
  await Promise.all(numbered('v', 30).map((value, index) => log.append(recordsOf(topic, [value], index % 3))))
  const lagging = async (group: string) => (await log.lag(group)).some(({ lagRecords }) => lagRecords > 0)
  while ((await lagging('g')) || (await lagging('h'))) await log.append(recordsOf(topic, [], 0))
}
