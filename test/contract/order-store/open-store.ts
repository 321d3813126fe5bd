import type { TestContext } from 'node:test'
import type { OrderAnswer } from '../../../src/domain/order-state.ts'
import { emptyTotals, type Totals } from '../../../src/domain/totals.ts'
import type { OrderFact } from '../../../src/ports/order-book.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import { advance, type Claim, type ShardKey } from '../../../src/ports/shards.ts'
import { progressTo, shardKey } from '../../support/order-facts.ts'

/** Opens a store on one set of data: every call is another process's. The first call makes it, empty. */
export type StoreOpener = () => Promise<OrderStore>
/** A new set of data, removed after the test. */
export type StoreOpeners = (t: Pick<TestContext, 'after'>) => Promise<StoreOpener>

/** What opens a store that can be searched, where that is another one; true; or why none can: then those tests are skipped. */
export type StoreCapabilities = Readonly<{ search: StoreOpeners | true | string }>

/** A store that is closed after the test. */
export async function openFor(t: Pick<TestContext, 'after'>, openers: StoreOpeners): Promise<OrderStore> {
  const open = await openers(t)
  return closedAfter(t, await open())
}

export function closedAfter(t: Pick<TestContext, 'after'>, store: OrderStore): OrderStore {
  t.after(() => store.close())
  return store
}

export type OrderWriter = Readonly<{
  apply: (...facts: readonly OrderFact[]) => Promise<readonly (OrderAnswer | undefined)[]>
  claim: () => Claim
}>

/** Claims a shard and applies batches that follow each other, or that come again. */
export async function orderWriter(store: OrderStore, over: Partial<ShardKey> = {}): Promise<OrderWriter> {
  let claim = await store.claim(shardKey(over), 'writer')
  return {
    async apply(...facts) {
      const offsets = facts.map(({ offset }) => offset)
      const progress = progressTo(Math.max(-1, ...offsets) + 1, Math.min(...offsets))
      const answers = await store.applyOrders(claim, facts, progress)
      claim = advance(claim, progress)
      return answers
    },
    claim: () => claim,
  }
}

export function totalsOf(over: Partial<Totals> = {}): Totals {
  return { ...emptyTotals(), ...over }
}
