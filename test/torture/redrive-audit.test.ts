import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import { operationsGroup } from '../../src/codec/groups.ts'
import { seededRandom } from '../../src/domain/random.ts'
import type { Log } from '../../src/ports/log.ts'
import { audit } from '../support/audit/audit.ts'
import { makeInput } from '../support/audit/input.ts'
import { openRedriveRig } from '../support/redrive-rig.ts'
import { plantFault, plantRedriveFault } from './planted-faults.ts'
import { redriveRules } from './run-redrives.ts'

/** Each step of a job is done twice, as when whoever did it first was killed before its commit. */
function repeatingSteps(log: Log): Log {
  return {
    ...log,
    transform: (subscription, step, signal) =>
      log.transform(
        subscription,
        async (batch) => {
          if (subscription.group === operationsGroup) await step(batch)
          return step(batch)
        },
        signal,
      ),
  }
}

/** What the audit says when all letters were redriven, again and again. */
async function complaintsWith(
  plant?: string,
  redrivesMax: number = redriveRules.redrivesMax,
): Promise<readonly string[]> {
  const whole = { log: repeatingSteps(openMemoryLog()), store: openMemoryStore() }
  const { log, store } = plantRedriveFault(plant, plantFault(plant, whole))
  const rig = await openRedriveRig({ log, store, redrivesMax })
  await rig.append(...makeInput({ count: 60, partitions: 1, reuseIds: false, random: seededRandom(1) }))
  await rig.settle()
  for (let again = 0; again <= redriveRules.redrivesMax; again += 1) await rig.redrive({})
  const calls = rig.calls.map(({ charge: { orderId, amount }, key }) => {
    return { key, orderId, minor: amount.minor, currency: amount.currency, outcome: 'PAID' }
  })
  return audit({ log, store, calls, policy: 'all', reuse: 'refuse' })
}

describe('the audit of redrives', () => {
  it('has nothing to say of letters that came back until they were quarantined', async () => {
    assert.deepEqual(await complaintsWith(), [])
  })

  const plants = {
    'a redrive outside of its transaction': 'I3: job',
    'a redrive writes each letter twice': 'I2: letter',
    'a redriven record is counted twice': 'I2: analytics-group accounts for',
  }
  for (const [plant, found] of Object.entries(plants)) {
    it(`finds a planted fault: ${plant}`, async () => {
      const complaints = await complaintsWith(plant)
      assert.ok(
        complaints.some((complaint) => complaint.startsWith(found)),
        complaints.join('\n'),
      )
    })
  }

  it('finds a redrive that knows no quarantine', async () => {
    const complaints = await complaintsWith(undefined, Number.POSITIVE_INFINITY)
    assert.ok(complaints.some((complaint) => /^I8: letter .* was redriven for the 4th time/.test(complaint)))
  })
})
