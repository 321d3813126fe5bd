import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { operatorDecisions } from '../../src/domain/payment.ts'
import { noCallFaults } from './faults.ts'
import type { Scenario } from './scenario.ts'
import { simulate } from './simulate.ts'

/** Small, and without any fault but the one: every await of it gets its turn. Operators decide all that they can. */
const scenario: Scenario = {
  seed: 33,
  orders: 20,
  partitions: 2,
  processes: 2,
  policy: 'billable',
  reuse: 'refuse',
  batchRecordsMax: 4,
  pauses: 1,
  calls: noCallFaults,
  crash: 0,
  stall: 0,
  leave: 0,
  restartBroker: 0,
  loseOffsets: 0,
  decide: 0,
  faultSteps: 0,
}

async function checkEveryGate(fault: 'crash' | 'stall'): Promise<void> {
  const { complaints: without, gatesPassed, decisions } = await simulate(scenario)
  assert.deepEqual(without, [])
  assert.deepEqual(new Set(decisions), new Set(operatorDecisions))
  assert.ok(gatesPassed > 300, `${gatesPassed} awaits`)
  for (let gate = 1; gate <= gatesPassed; gate += 1) {
    const { complaints } = await simulate(scenario, { at: { gate, fault } })
    assert.deepEqual(complaints, [], `${fault} at await ${gate} of ${gatesPassed}`)
  }
}

describe('a fault at each await, one run for each', () => {
  it('holds every invariant when the process crashes there and another takes over', () => checkEveryGate('crash'))

  it('holds every invariant when the process sleeps there, is replaced, and goes on', () => checkEveryGate('stall'))
})

describe('the simulation', () => {
  it('gives the same result for the same scenario', async () => {
    const runs = [
      await simulate({ ...scenario, crash: 0.01, faultSteps: 300 }),
      await simulate({ ...scenario, crash: 0.01, faultSteps: 300 }),
    ]
    assert.deepEqual(runs[0], runs[1])
  })
})
