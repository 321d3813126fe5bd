import { orderDocument } from '../../domain/order-document.ts'
import { identityText, type Order } from '../../domain/order.ts'
import { contentOf, judgeOrder, type OrderAnswer, type OrderState } from '../../domain/order-state.ts'
import { samePosition, type Position } from '../../domain/position.ts'
import { addTotals, emptyTotals } from '../../domain/totals.ts'
import type { OrderBook, OrderFact } from '../../ports/order-book.ts'
import type { SeriesPoint } from '../../ports/order-queries.ts'
import type { Claim } from '../../ports/shards.ts'
import { checkClaim } from '../store/claim.ts'
import { foldOrders, foldSeries } from '../store/fold.ts'
import { asOfKind, moveShard, positionAt, shardOf } from './memory-store-shards.ts'
import { seeOrderId, type MemoryStoreState, type Pause } from './memory-store-state.ts'

type Recorded = Extract<OrderFact, { kind: 'order' }>

type Judge = (
  state: OrderState | undefined,
  order: Order,
  position: Position,
) => Readonly<{ answer: OrderAnswer; next?: OrderState }>

/** @param judge of a rebuild, which puts right what is there */
export function memoryOrders(
  state: MemoryStoreState,
  pause: Pause,
  judge: Judge = judgeNew,
): Pick<OrderBook, 'applyOrders' | 'totals'> {
  async function answerFact(claim: Claim, fact: OrderFact): Promise<OrderAnswer | undefined> {
    if (fact.kind !== 'order') return undefined
    await pause()
    const answer = swap(state, claim, fact, judge)
    await pause()
    writeDocument(state, claim, fact)
    return answer
  }

  return {
    async applyOrders(claim, facts, progress) {
      if (progress.next <= claim.next) checkClaim(shardOf(state, claim.shard), claim, progress)
      const answers: (OrderAnswer | undefined)[] = []
      for (const fact of facts) answers.push(await answerFact(claim, fact))
      await pause()
      moveShard(state, { claim, progress }, (shard) => {
        const totals = emptyTotals()
        if (shard.totals) addTotals(totals, shard.totals)
        foldOrders(totals, claim.next, facts, answers)
        addSeries(state, foldSeries(claim.next, facts, answers))
        return { totals }
      })
      await pause()
      return answers
    },

    totals() {
      const totals = emptyTotals()
      for (const shard of state.shards.values()) if (shard.totals) addTotals(totals, shard.totals)
      return Promise.resolve({ totals, asOf: asOfKind(state, 'totals') })
    },
  }
}

function judgeNew(state: OrderState | undefined, order: Order, position: Position): ReturnType<Judge> {
  const { answer, append } = judgeOrder(state, order, position)
  if (!append) return { answer }
  return state
    ? { answer, next: { ...state, entries: [...state.entries, append] } }
    : { answer, next: { content: contentOf(order), entries: [append] } }
}

/** Compare-and-swap of one order: whoever's insert is the first made the order. */
function swap(state: MemoryStoreState, claim: Claim, fact: Recorded, judge: Judge): OrderAnswer {
  const { identity, order, offset, timestampMs } = fact
  const key = identityText(identity)
  const known = state.orders.get(key)
  const position = positionAt(claim, offset)
  const { answer, next } = judge(known?.state, order, position)
  if (!next || offset < claim.next) return answer
  const isFirst = samePosition(next.entries[0].position, position)
  state.orders.set(key, { timestampMs, ...known, identity, state: next, ...(isFirst && { timestampMs }) })
  seeOrderId(state, identity.orderId)
  return answer
}

/** Only the newest entry's record may be the document, so that a replay never puts an older one back. */
function writeDocument(state: MemoryStoreState, claim: Claim, { identity, offset, json, timestampMs }: Recorded): void {
  const key = identityText(identity)
  const known = state.orders.get(key)
  const latest = known?.state.entries.at(-1)
  if (!known || !latest || offset < claim.next) return
  const position = positionAt(claim, offset)
  if (!samePosition(latest.position, position)) return
  state.orders.set(key, { ...known, document: orderDocument(json, { ...position, timestampMs }) })
}

function addSeries({ series }: MemoryStoreState, points: readonly SeriesPoint[]): void {
  for (const point of points) {
    const key = `${point.startMs} ${point.currency}`
    const { orderCount, salesMinor } = series.get(key) ?? { orderCount: 0, salesMinor: 0n }
    series.set(key, {
      ...point,
      orderCount: orderCount + point.orderCount,
      salesMinor: salesMinor + point.salesMinor,
    })
  }
}
