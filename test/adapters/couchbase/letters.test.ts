import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import { deadLetterId } from '../../../src/adapters/store/dead-letter-id.ts'
import type { DeadLetterQuery } from '../../../src/ports/order-queries.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { ViewFact } from '../../../src/ports/view-store.ts'
import { applyViews, letterFact } from '../../contract/order-store/views.ts'
import { bucketNames, freshBuckets, storeOptions } from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { walkPages } from '../../support/couchbase/walk-pages.ts'
import { noonMs } from '../../support/order-facts.ts'

const letterCount = 1_300
const isRedriven = (n: number) => n % 100 === 0
const orderOf = (n: number) => (n % 200 === 0 ? 7 : null)
const numbers = Array.from({ length: letterCount }, (_, n) => n)

describe('dead letters on a Couchbase store without a query service', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(1) }))

  async function filled(t: TestContext): Promise<OrderStore> {
    const store = openCouchbaseStore(storeOptions(take()))
    t.after(() => store.close())
    const letters = numbers.map((n) => letterFact(n, { orderId: orderOf(n) }))
    const redrives = letters
      .filter((_, n) => isRedriven(n))
      .map(({ letter }, index): ViewFact => ({
        kind: 'redrive',
        offset: letterCount + index,
        letterId: deadLetterId(letter),
        redriven: { atMs: noonMs, job: 'job', topic: 'retry', partition: 0, offset: index },
      }))
    await applyViews(store, [...letters, ...redrives])
    return store
  }

  it('are found by time, order and whether they were redriven, however rare, in pages that end', async (t) => {
    const store = await filled(t)
    const found = async (query: Omit<DeadLetterQuery, 'limit' | 'cursor'>, limit = 7) => {
      const letters = await walkPages((page) => store.searchDeadLetters({ ...query, ...page }), limit)
      return letters.map(({ offset }) => offset)
    }
    const newest = (matches: (n: number) => boolean) => numbers.filter(matches).toReversed()
    const [fromMs, toMs] = [noonMs + 250, noonMs + 402]
    const isInTime = (n: number) => n >= 250 && n < 402
    assert.deepEqual(await found({ state: 'redriven' }), newest(isRedriven))
    assert.deepEqual(
      await found({ state: 'open' }, 500),
      newest((n) => !isRedriven(n)),
    )
    assert.deepEqual(await found({ fromMs, toMs }), newest(isInTime))
    assert.deepEqual(
      await found({ fromMs, toMs, state: 'redriven' }, 1),
      newest((n) => isInTime(n) && isRedriven(n)),
    )
    assert.deepEqual(
      await found({ orderId: 7 }, 2),
      newest((n) => orderOf(n) === 7),
    )
    assert.deepEqual(await found({ orderId: 7, group: 'analytics-group', toMs }, 2), [400, 200, 0])
    assert.deepEqual(await found({ orderId: 7, state: 'open' }), [])
  })
})
