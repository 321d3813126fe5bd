import assert from 'node:assert/strict'
import { it } from 'node:test'
import { orderGroups } from '../../src/codec/groups.ts'
import { rawRecord } from '../support/order-json.ts'
import { openRedriveRig } from '../support/redrive-rig.ts'

// Letters logged after the request are left out, by their time: with the clock an hour back all of them were, and a redrive by
// a filter found nothing for that hour.
it('a redrive takes the letters that are there when the clock was set back since, and follows none of its own', async () => {
  const rig = await openRedriveRig({ clock: () => Date.now() - 3_600_000 })
  const filter = { group: orderGroups.analytics }
  await rig.append(rawRecord('{', '1'), rawRecord('{', '2'))
  await rig.settle()
  assert.equal((await rig.preview({ filter })).letters.length, 2)
  const job = await rig.redrive({ filter })
  assert.deepEqual([job.title, job.progress.detail], ['Redrive 2 letters to analytics-group', '2 redriven'])
  assert.equal((await rig.letters(orderGroups.analytics)).length, 4)
})
