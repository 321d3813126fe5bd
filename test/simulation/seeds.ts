import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { scenarioOf } from './scenario.ts'
import { simulate } from './simulate.ts'

/** Small enough that one of them is done in seconds on a busy machine. */
const seedsPerTest = 50
const complaintsShownMax = 10

/**
 * One of the files that share the seeds out, so that they run side by side. `ORDERMILL_TEST_SEED` chooses others: `7`, or
 * `3001-10000` for a night.
 */
export function describeSeeds(...mine: readonly [first: number, last: number]): void {
  const chosen = process.env['ORDERMILL_TEST_SEED']?.split('-').map(Number)
  const [first = 0, last = first] = chosen ?? mine
  describe(`simulation of seeds ${first} to ${last}`, () => {
    for (let from = first; from <= last; from += seedsPerTest) {
      const to = Math.min(from + seedsPerTest - 1, last)
      it(`holds every invariant under seeds ${from} to ${to}`, () => checkSeeds(from, to))
    }
  })
}

async function checkSeeds(from: number, to: number): Promise<void> {
  // Thousands of errors are thrown on purpose, and nobody reads where.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    for (let seed = from; seed <= to; seed += 1) {
      const { complaints } = await simulate(scenarioOf(seed))
      if (complaints.length > 0) assert.fail(report(seed, complaints))
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function report(seed: number, complaints: readonly string[]): string {
  const shown = complaints.slice(0, complaintsShownMax).join('\n  ')
  const command = `ORDERMILL_TEST_SEED=${seed} node --test test/simulation/seeds-1.test.ts`
  return `seed ${seed} breaks ${complaints.length} promises:\n  ${shown}\nrepeat it with: ${command}`
}
