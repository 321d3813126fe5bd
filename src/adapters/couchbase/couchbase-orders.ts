import type { OrderIdentity } from '../../domain/order.ts'
import { addTotals, emptyTotals, restoreTotals, storeTotals } from '../../domain/totals.ts'
import type { OrderAnswer } from '../../domain/order-state.ts'
import { greatestChosen, type Intake } from '../../ports/intake.ts'
import type { OrderBook, OrderFact } from '../../ports/order-book.ts'
import type { Claim } from '../../ports/shards.ts'
import { asOfShards } from '../store/as-of.ts'
import { checkClaim } from '../store/claim.ts'
import { foldOrders } from '../store/fold.ts'
import type { CouchbaseArrivals } from './couchbase-arrivals.ts'
import { byIdentity } from './couchbase-batches.ts'
import type { Entry } from './couchbase-lists.ts'
import type { CouchbaseIdentities } from './couchbase-identities.ts'
import type { OrderBatch, Recorded } from './couchbase-order-documents.ts'
import type { OrderStates } from './couchbase-order-states.ts'
import type { CouchbaseSeries } from './couchbase-series.ts'
import type { CouchbaseShards } from './couchbase-shards.ts'
import { allEnded, type ForEach } from './couchbase-work.ts'

export type OrdersDeps = Readonly<{
  shards: CouchbaseShards
  identities: CouchbaseIdentities
  states: OrderStates
  series: CouchbaseSeries
  arrivals: CouchbaseArrivals
  intake: Pick<Intake, 'noteOrderIds'>
  forEach: ForEach
}>

type Answers = readonly (OrderAnswer | undefined)[]

/** Orders first, one by one and idempotent; then the shard's swap, which alone makes them count. */
export function couchbaseOrders(deps: OrdersDeps): Pick<OrderBook, 'applyOrders' | 'totals'> {
  const { shards, identities, states, series, arrivals, intake, forEach } = deps

  async function answer(claim: Claim, facts: readonly OrderFact[], from: number): Promise<Answers> {
    const answered = new Map<OrderFact, OrderAnswer>()
    await forEach(batchesOf(claim, facts, from), async (batch) => {
      for (const [index, given] of (await states.settle(batch)).entries()) {
        const fact = batch.facts[index]
        if (fact) answered.set(fact, given)
      }
    })
    return facts.map((fact) => answered.get(fact))
  }

  return {
    async applyOrders(claim, facts, progress) {
      const held = await shards.read(claim)
      const { document, generation } = held
      if (checkClaim(document, claim, progress) === 'answer') return answer(claim, facts, Infinity)
      await identities.note(newIdentities(facts, claim), 'analytics')
      const answers = await answer(claim, facts, claim.next)
      const totals = document.totals ? restoreTotals(document.totals) : emptyTotals()
      foldOrders(totals, claim.next, facts, answers)
      const arrived = { shard: claim.shard, name: 'orders', next: progress.next } as const
      const counting = series.add(generation, { claim, facts, answers, progress, days: document.seriesDays })
      await allEnded<unknown>([
        counting,
        arrivals.add(generation, { ...arrived, entries: entriesOf(claim, facts, answers) }),
        intake.noteOrderIds(greatestChosen(facts.map((fact) => (fact.kind === 'order' ? fact.identity.orderId : 0)))),
      ])
      await shards.move(held, { claim, progress }, { totals: storeTotals(totals), seriesDays: await counting })
      return answers
    },

    async totals() {
      const all = await shards.all('totals')
      const totals = emptyTotals()
      for (const shard of all) if (shard.totals) addTotals(totals, restoreTotals(shard.totals))
      return { totals, asOf: asOfShards(all) }
    },
  }
}

function batchesOf({ shard }: Claim, facts: readonly OrderFact[], from: number): readonly OrderBatch[] {
  const place = { topicId: shard.topicId, partition: shard.partition }
  return byIdentity(facts.filter(isRecorded)).map((batch) => ({ ...batch, place, from }))
}

function isRecorded(fact: OrderFact): fact is Recorded {
  return fact.kind === 'order'
}

function newIdentities(facts: readonly OrderFact[], { next }: Claim): readonly OrderIdentity[] {
  return facts.flatMap((fact) => (fact.kind === 'order' && fact.offset >= next ? [fact.identity] : []))
}

function entriesOf({ next }: Claim, facts: readonly OrderFact[], answers: Answers): readonly Entry[] {
  return facts.flatMap((fact, index): readonly Entry[] => {
    if (fact.kind !== 'order' || fact.offset < next || answers[index]?.kind !== 'first') return []
    const { orderId, createdAtMs } = fact.identity
    return [[fact.timestampMs, fact.offset, orderId, createdAtMs]]
  })
}
