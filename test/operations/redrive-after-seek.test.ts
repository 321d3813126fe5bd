import assert from 'node:assert/strict'
import { it } from 'node:test'
import { orderGroups, viewsGroup } from '../../src/codec/groups.ts'
import { seekGroup } from '../../src/operations/group-control.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { orderRecord } from '../support/order-json.ts'
import { openRedriveRig } from '../support/redrive-rig.ts'

// A seek moves the committed offset, and the store takes in what lies between with the next record only. The next redrive
// trusted the offset, did not see what the one before had redriven, and took the same letters once more.
it('takes no letter twice when views were moved past the redrive that took it', async () => {
  const rig = await openRedriveRig()
  const control = { log: rig.log, store: rig.store, operations: operationsLog(rig.log), clock: Date.now }
  const filter = { group: orderGroups.fraud }
  await rig.append(orderRecord(1, { country: '' }))
  await rig.settle()
  const first = await rig.begin({ filter })(undefined)
  assert.equal(first.outputs.length, 1)
  await rig.append(...first.outputs)
  await seekGroup(control, { group: viewsGroup, target: { kind: 'end' } }, 'op')

  const next = rig.begin({ filter })
  const waiting = await next(undefined)
  assert.deepEqual([waiting.outputs, waiting.progress.detail], [[], 'waits until the list of letters is up to date'])
  await seekGroup(control, { group: viewsGroup, target: { kind: 'beginning' } }, 'op')
  await rig.run('views')
  const nothing = await next(waiting.cursor)
  assert.deepEqual([nothing.outputs, nothing.cursor], [[], undefined])
})
