import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { auditPage } from '../../src/operations/audit.ts'
import { cancelJob } from '../../src/operations/jobs.ts'
import { requestMaintenance } from '../../src/operations/maintenance.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { runOperations } from '../../src/operations/run-operations.ts'
import { openRig } from '../support/pipeline-rig.ts'
import { waitFor } from '../support/wait-for.ts'

async function openMaintenance() {
  const { log, store } = await openRig()
  const operations = operationsLog(log)
  const deps = { log, store, operations, clock: Date.now, topic: 'orders' }
  const ask = (key: string) => requestMaintenance(deps, { principal: 'op', spec: { kind: 'rebuild' }, key })
  return { ...deps, ask }
}

describe('a check or rebuild that is refused because another one is under way', () => {
  // It was written, cancelled and refused: its key named a cancelled job from then on, and each repetition was answered by that.
  it('leaves nothing in the log, and may be asked for again with its Idempotency-Key', async () => {
    const { ask, ...deps } = await openMaintenance()
    const first = await ask('one')
    await assert.rejects(ask('two'), { code: 'STATE_CONFLICT' })
    assert.equal((await auditPage(deps.log, { limit: 10 })).entries.length, 1)
    await cancelJob(deps, { id: first.id, principal: 'op' })
    assert.equal((await ask('two')).state, 'waiting')
  })

  it('is answered all the same where its key is known, while it is under way and afterwards', async () => {
    const { ask, log, operations } = await openMaintenance()
    const { id } = await ask('one')
    assert.equal((await ask('one')).id, id)
    const end = new AbortController()
    const progress = { unit: '', total: null, done: 0, detail: '' }
    const rebuild = () => Promise.resolve({ outputs: [], cursor: undefined, progress })
    const running = runOperations({ log, steps: { rebuild }, now: Date.now, onFailed: () => {} }, end.signal)
    await waitFor('the job is done', async () => (await operations.state()).jobs.get(id)?.state === 'done')
    end.abort()
    await running
    await ask('two')
    assert.deepEqual(await ask('one').then(({ state }) => state), 'done')
  })
})
