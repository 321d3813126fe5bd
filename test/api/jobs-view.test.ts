import assert from 'node:assert/strict'
import { it } from 'node:test'
import { jobView } from '../../src/api/jobs-view.ts'
import { applyOperation, noOperations } from '../../src/operations/operations-state.ts'

const id = 'job'
const common = { id, at_ms: 0, principal: 'op' } as const
const progress = { done: 1, total: 1, unit: 'records', detail: 'what came of it' }
const requested = [
  { ...common, kind: 'job', title: 'Make it again', spec: { kind: 'rebuild' } },
  { ...common, kind: 'cancel' },
] as const

function detailAfter(...operations: readonly Parameters<typeof applyOperation>[1][]): string {
  const { jobs } = operations.reduce(applyOperation, noOperations)
  return jobView(jobs.get(id) ?? assert.fail('no job')).detail
}

// A cancel may come too late: such a job said for ever that it is being cancelled, and why it failed was not to be seen.
it('a job is being cancelled until it has ended, however that was', () => {
  assert.equal(detailAfter(...requested), 'is being cancelled')
  for (const outcome of ['done', 'failed', 'cancelled'] as const) {
    assert.equal(
      detailAfter(...requested, { kind: 'end', id, at_ms: 0, outcome, progress }),
      'what came of it',
      outcome,
    )
  }
})
