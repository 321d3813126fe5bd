import { judgeOrder, type OrderAnswer } from '../../domain/order-state.ts'
import { addTotals, emptyTotals, restoreTotals, storeTotals, type StoredTotals } from '../../domain/totals.ts'
import type { OrderBook, TotalsSnapshot } from '../../ports/order-book.ts'
import type { Claim } from '../../ports/shards.ts'
import { checkClaim } from '../store/claim.ts'
import { foldOrders, foldSeries } from '../store/fold.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { sqliteEras } from './sqlite-store-eras.ts'
import { sqliteOrderRows, type Recorded } from './sqlite-store-order-rows.ts'
import { sqlitePlaces, type Places } from './sqlite-store-places.ts'
import { sqliteOrderRepair } from './sqlite-store-order-repair.ts'
import { restoreJson } from './sqlite-store-rows.ts'
import { sqliteSeries, type SeriesLimit } from './sqlite-store-series.ts'
import { sqliteShardSum, sqliteSums } from './sqlite-store-shards.ts'

type Orders = Pick<OrderBook, 'applyOrders' | 'totals'>
const first: OrderAnswer = { kind: 'first' }

/** `prefix`: of the generation's tables. A rebuild puts right what is there. */
export type OrdersOptions = Readonly<{ limit: SeriesLimit; prefix?: string; isRebuild?: boolean }>

export function sqliteOrders(db: StoreDatabase, { limit, prefix = '', isRebuild = false }: OrdersOptions): Orders {
  const rows = sqliteOrderRows(db)
  const placesNow = sqlitePlaces(db)
  const shards = sqliteShardSum(db, 'totals', prefix)
  const readTotals = sqliteTotals(db, prefix)
  const series = sqliteSeries(db, limit, prefix)
  const eras = sqliteEras(db)
  const repair = isRebuild ? sqliteOrderRepair(db) : undefined

  /** A record that was here before: its answer is the recorded one, or it changes the order. */
  function judge(fact: Recorded, claim: Claim, places: Places, mayWrite: boolean): OrderAnswer {
    const { topicId, partition } = claim.shard
    if (repair && mayWrite) return repair(fact, { topicId, partition, offset: fact.offset }, places)
    const state = rows.read(fact.identity, places)
    const { answer, append } = judgeOrder(state, fact.order, { topicId, partition, offset: fact.offset })
    if (state && append && mayWrite) rows.append(fact, state, append)
    return answer
  }

  return {
    applyOrders: (claim, facts, progress) =>
      db.write(() => {
        const shard = shards.read(claim.shard)
        const applies = checkClaim(shard, claim, progress) === 'apply'
        const places = placesNow()
        const at = { place: places.placeOf(claim.shard), era: eras.current() }
        let inserted = 0
        const answers = facts.map((fact) => {
          if (fact.kind !== 'order') return undefined
          const mayWrite = applies && fact.offset >= claim.next
          if (!mayWrite || !rows.insert(fact, at)) return judge(fact, claim, places, mayWrite)
          inserted += 1
          return first
        })
        if (!applies) return answers
        const totals = shard?.sum === undefined ? emptyTotals() : restoreTotals(restoreJson<StoredTotals>(shard.sum))
        foldOrders(totals, claim.next, facts, answers)
        eras.count(inserted)
        series.add(foldSeries(claim.next, facts, answers))
        shards.move(claim.shard, progress, JSON.stringify(storeTotals(totals)))
        return answers
      }),

    totals: () => db.read(readTotals),
  }
}

/** Within a read. */
export function sqliteTotals(db: StoreDatabase, prefix = ''): () => TotalsSnapshot {
  const sums = sqliteSums(db, 'totals', prefix)
  return () => {
    const { sums: stored, asOf } = sums()
    const totals = emptyTotals()
    for (const sum of stored) addTotals(totals, restoreTotals(restoreJson<StoredTotals>(sum)))
    return { totals, asOf }
  }
}
