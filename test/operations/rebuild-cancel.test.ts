import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { maintenanceSteps } from '../../src/compose/maintenance.ts'
import { readConfig } from '../../src/config.ts'
import { OrdermillError } from '../../src/errors.ts'
import { cancelJob, findJob } from '../../src/operations/jobs.ts'
import { requestMaintenance } from '../../src/operations/maintenance.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { isEnded } from '../../src/operations/operations-state.ts'
import { runOperations, type JobStep } from '../../src/operations/run-operations.ts'
import type { RebuildSpec } from '../../src/codec/operation-codec.ts'
import { orderRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

/** A rebuild that somebody cancels during its first step, which is lost: with it, or before it has done anything. */
async function cancelledRebuild(t: TestContext, lost: 'after the switch' | 'before it') {
  const dataDir = await tempDir(t)
  const store = openSqliteStore({ file: join(dataDir, 'store.db') })
  t.after(() => store.close())
  const rig = await openRig({ store })
  const { log } = rig
  await rig.append(orderRecord(1))
  await rig.run('fraud', 'payment', 'analytics')
  await rig.run('views')
  const asking = { log, store, operations: operationsLog(log), clock: Date.now, topic: 'orders' }
  const { id } = await requestMaintenance(asking, { principal: 'op', spec: { kind: 'rebuild' }, key: undefined })
  const { steps, ...maintenance } = maintenanceSteps(readConfig({ ORDERMILL_DATA_DIR: dataDir }), { log, store })
  let attempts = 0
  const rebuild: JobStep<RebuildSpec> = async (...of) => {
    attempts += 1
    if (attempts > 1) return (await steps.rebuild?.(...of)) ?? assert.fail('no rebuild')
    if (lost === 'after the switch') await steps.rebuild?.(...of)
    await cancelJob(asking, { id, principal: 'op' })
    throw new OrdermillError('LOG_UNAVAILABLE', 'the process is gone')
  }
  const end = new AbortController()
  const deps = { ...maintenance, log, steps: { rebuild }, now: Date.now, onFailed: () => {} }
  const running = runOperations(deps, end.signal)
  await waitFor('the job has ended', async () => isEnded(await findJob(asking.operations, id)))
  end.abort()
  await running
  const job = await findJob(asking.operations, id)
  return { state: job.state, isInUse: (await store.generation()) === id, detail: job.progress.detail }
}

describe('a rebuild that is cancelled', () => {
  // The end of the step that switched was lost: the job ended as cancelled, beside a read model that it had replaced.
  it('is done when what it made is in use already', async (t) => {
    const detail = 'the read model was made again, and is in use'
    assert.deepEqual(await cancelledRebuild(t, 'after the switch'), { state: 'done', isInUse: true, detail })
  })

  it('is cancelled before that, and what is in use stays', async (t) => {
    const { state, isInUse } = await cancelledRebuild(t, 'before it')
    assert.deepEqual([state, isInUse], ['cancelled', false])
  })
})
