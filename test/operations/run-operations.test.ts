import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { operationsTopic, type JobProgress, type RedriveSpec } from '../../src/codec/operation-codec.ts'
import { OrdermillError } from '../../src/errors.ts'
import { auditPage } from '../../src/operations/audit.ts'
import { cancelJob, findJob, requestJob } from '../../src/operations/jobs.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { isEnded } from '../../src/operations/operations-state.ts'
import { runOperations, type JobStep } from '../../src/operations/run-operations.ts'
import type { Log } from '../../src/ports/log.ts'
import { gate } from '../support/gate.ts'
import { readTopic } from '../support/log-harness.ts'
import { waitFor } from '../support/wait-for.ts'

const spec: RedriveSpec = { kind: 'redrive', ids: ['a'], limit: 3, quarantined: false }
const outputTopic = 'out'

const upToThree: JobStep<RedriveSpec> = (job, { progress }) => {
  const done = progress.done + 1
  const outputs = [{ topic: outputTopic, key: null, value: Buffer.from(`${job.id} ${done}`) }]
  return Promise.resolve({ outputs, progress: progressOf(done), cursor: done < 3 ? String(done) : undefined })
}

function progressOf(done: number): JobProgress {
  return { done, total: 3, unit: 'letters', detail: `${done} of 3` }
}

async function openLog(): Promise<Log> {
  const log = openMemoryLog()
  await log.createTopics([
    { name: operationsTopic, partitions: 1, recordBytesMax: 1_000_000 },
    { name: outputTopic, partitions: 1, recordBytesMax: 1_000 },
  ])
  return log
}

/** Runs operations until `until` says that it is enough. */
async function running(log: Log, redrive: JobStep<RedriveSpec>, until: () => Promise<boolean>): Promise<unknown[]> {
  const end = new AbortController()
  const failures: unknown[] = []
  const onFailed = (_job: unknown, error: unknown) => failures.push(error)
  const run = runOperations({ log, steps: { redrive }, now: () => 1_000, onFailed }, end.signal)
  await waitFor('the jobs are done', until)
  end.abort()
  await run
  return failures
}

function ask(log: Log, key?: string) {
  const deps = { log, operations: operationsLog(log), clock: () => 500 }
  return requestJob(deps, { principal: 'loopback', title: 'Redrive', spec, key })
}

describe('jobs', () => {
  it('are done step by step, each output once, and say so', async () => {
    const log = await openLog()
    const operations = operationsLog(log)
    const { id } = await ask(log)
    await running(log, upToThree, async () => isEnded(await findJob(operations, id)))
    const { state, progress } = await findJob(operations, id)
    assert.deepEqual([state, progress], ['done', progressOf(3)])
    assert.deepEqual(await texts(log), [`${id} 1`, `${id} 2`, `${id} 3`])
  })

  it('go on where they were when the process that did them is gone', async () => {
    const log = await openLog()
    const operations = operationsLog(log)
    const { id } = await ask(log)
    let steps = 0
    const killed = gate()
    const dying: JobStep<RedriveSpec> = async (...args) => {
      steps += 1
      if (steps === 1) return upToThree(...args)
      await killed.opened
      throw new OrdermillError('LOG_UNAVAILABLE', 'the process is gone')
    }
    const end = new AbortController()
    const first = runOperations({ log, steps: { redrive: dying }, now: () => 1_000, onFailed: () => {} }, end.signal)
    await waitFor('the second step runs', () => steps === 2)
    end.abort()
    killed.open()
    await first
    await running(log, upToThree, async () => isEnded(await findJob(operations, id)))
    assert.deepEqual(await texts(log), [`${id} 1`, `${id} 2`, `${id} 3`])
  })

  it('are one job when they are asked for twice with the same key', async () => {
    const log = await openLog()
    const operations = operationsLog(log)
    const [a, b] = [await ask(log, 'key'), await ask(log, 'key')]
    assert.equal(a.id, b.id)
    const later = await ask(log)
    await running(log, upToThree, async () => isEnded(await findJob(operations, later.id)))
    assert.equal((await texts(log)).filter((text) => text.startsWith(a.id)).length, 3)
  })

  it('end before their next step when they are cancelled', async () => {
    const log = await openLog()
    const operations = operationsLog(log)
    const { id } = await ask(log)
    await running(
      log,
      async (job, at, signal) => {
        if (at.cursor === undefined)
          await cancelJob({ log, operations, clock: () => 700 }, { id, principal: 'somebody' })
        return upToThree(job, at, signal)
      },
      async () => isEnded(await findJob(operations, id)),
    )
    assert.deepEqual([(await findJob(operations, id)).state, await texts(log)], ['cancelled', [`${id} 1`]])
  })

  it('fail by what no repetition can mend, write nothing of that step, and leave the next ones alone', async () => {
    const log = await openLog()
    const operations = operationsLog(log)
    const [bad, good] = [await ask(log), await ask(log)]
    const failing: JobStep<RedriveSpec> = (job, ...rest) =>
      job.id === bad.id ? Promise.reject(new OrdermillError('NOT_FOUND', 'no such letter')) : upToThree(job, ...rest)
    const failures = await running(log, failing, async () => isEnded(await findJob(operations, good.id)))
    const { state, progress } = await findJob(operations, bad.id)
    assert.deepEqual([state, progress.detail, failures.length], ['failed', 'NOT_FOUND: no such letter', 1])
    assert.equal((await texts(log)).length, 3)
  })

  it('fail when their topic does not take what a step writes, and leave the next ones alone', async () => {
    const log = await openLog()
    const operations = operationsLog(log)
    const [bad, good] = [await ask(log), await ask(log)]
    const tooLarge = [{ topic: outputTopic, key: null, value: Buffer.alloc(2_000) }]
    const writing: JobStep<RedriveSpec> = async (job, ...rest) => {
      const result = await upToThree(job, ...rest)
      return job.id === bad.id ? { ...result, outputs: tooLarge } : result
    }
    const failures = await running(log, writing, async () => isEnded(await findJob(operations, good.id)))
    const { state, progress } = await findJob(operations, bad.id)
    assert.deepEqual([state, failures.length], ['failed', 1])
    assert.match(progress.detail, /^RECORD_TOO_LARGE: /)
    assert.equal((await texts(log)).length, 3)
  })

  it('try a step again that failed by what may pass', async () => {
    const log = await openLog()
    const operations = operationsLog(log)
    const { id } = await ask(log)
    let attempts = 0
    const recovering: JobStep<RedriveSpec> = (...args) => {
      attempts += 1
      if (attempts === 2) return Promise.reject(new OrdermillError('STORE_UNAVAILABLE', 'away'))
      return upToThree(...args)
    }
    await running(log, recovering, async () => isEnded(await findJob(operations, id)))
    assert.deepEqual([attempts, (await texts(log)).length], [4, 3])
  })
})

describe('the audit log', () => {
  it('tells who asked for what, newest first, page by page, without the steps between', async () => {
    const log = await openLog()
    const operations = operationsLog(log)
    const ids = [(await ask(log)).id, (await ask(log)).id, (await ask(log)).id]
    await running(log, upToThree, async () => isEnded(await findJob(operations, ids[2] ?? '')))
    const first = await auditPage(log, { limit: 2 })
    assert.deepEqual(
      first.entries.map(({ operation }) => operation.id),
      [ids[2], ids[1]],
    )
    const second = await auditPage(log, { limit: 2, cursor: first.nextCursor ?? '' })
    assert.deepEqual([second.entries.map(({ operation }) => operation.id), second.nextCursor], [[ids[0]], null])
  })
})

async function texts(log: Log): Promise<readonly string[]> {
  return (await readTopic(log, outputTopic)).map(({ value }) => Buffer.from(value ?? []).toString())
}
