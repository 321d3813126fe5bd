import { describe } from 'node:test'
import type { OpenFixture } from '../support/log-harness.ts'
import { describeAppend } from './log-append.contract.ts'
import { describeBatches } from './log-batches.contract.ts'
import { describeGroups } from './log-groups.contract.ts'
import { describeMembers } from './log-members.contract.ts'
import { describeQueries } from './log-queries.contract.ts'
import { describeTopics } from './log-topics.contract.ts'

/**
 * What every adapter of the Log port must hold.
 *
 * It knows nothing of any of them: offsets may have gaps, several tests may run on one broker, and a second Log is on
 * the same records only where the adapter says so.
 */
export function describeLogContract(name: string, openFixture: OpenFixture): void {
  describe(`${name}: Log contract`, () => {
    describeAppend(openFixture)
    describeTopics(openFixture)
    describeBatches(openFixture)
    describeGroups(openFixture)
    describeMembers(openFixture)
    describeQueries(openFixture)
  })
}
