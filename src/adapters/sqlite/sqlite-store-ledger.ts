import { judgePayment, settlePayment, settlesReservation, type PaymentAnswer } from '../../domain/payment.ts'
import {
  addPaymentTally,
  emptyPaymentTally,
  restorePaymentTally,
  storePaymentTally,
  type StoredPaymentTally,
} from '../../domain/payment-tally.ts'
import { samePosition } from '../../domain/position.ts'
import { repairPayment } from '../../domain/repair.ts'
import type { PaymentFact, PaymentLedger, SettledFact } from '../../ports/payment-ledger.ts'
import { checkClaim, checkEpoch } from '../store/claim.ts'
import { foldPayments } from '../store/fold.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { sqliteLedgerRows } from './sqlite-store-ledger-rows.ts'
import { sqlitePlaces, type Places } from './sqlite-store-places.ts'
import { restoreJson } from './sqlite-store-rows.ts'
import { sqliteShardSum, sqliteSums } from './sqlite-store-shards.ts'

type Ledger = Pick<PaymentLedger, 'reserve' | 'settle' | 'payments'>
type PaymentRecord = Extract<PaymentFact, { kind: 'payment' }>

/** @param rebuild the prefix of its tables: it puts right what is there */
export function sqliteLedger(db: StoreDatabase, rebuild?: string): Ledger {
  const judge = rebuild === undefined ? judgePayment : repairPayment
  const rows = sqliteLedgerRows(db)
  const placesNow = sqlitePlaces(db)
  const shards = sqliteShardSum(db, 'tally', rebuild)
  const readPayments = sqlitePayments(db, rebuild)

  function reserveOne({ identity, intent }: PaymentRecord, places: Places, mayWrite: boolean): PaymentAnswer {
    const fresh = judgePayment(undefined, intent)
    if (mayWrite && fresh.next && rows.insert(identity, fresh.next, places.placeOf(intent.position)))
      return fresh.answer
    const { answer, next } = judge(rows.read(identity, places), intent)
    if (next && mayWrite) rows.write(identity, next)
    if (next && mayWrite && rebuild !== undefined) rows.writeContent(identity, next)
    return answer
  }

  function settleOne(fact: SettledFact, places: Places): void {
    if (fact.kind !== 'payment' || fact.answer.kind !== 'settled') return
    const { answer, identity, intent } = fact
    if (!settlesReservation(answer.outcome)) return
    const { position } = intent
    const settled = { identity, offset: position.offset, ...answer }
    if (!answer.attempts && rows.settleFirst(settled, places.placeOf(position))) return
    const ledger = rows.read(identity, places)
    if (ledger?.payment.status !== 'PENDING' || !samePosition(ledger.payment.position, position)) return
    rows.write(identity, settlePayment(ledger, answer))
  }

  return {
    reserve: (claim, facts) =>
      db.write(() => {
        checkEpoch(shards.read(claim.shard), claim)
        const places = placesNow()
        return facts.map((fact) =>
          fact.kind === 'payment' ? reserveOne(fact, places, fact.offset >= claim.next) : undefined,
        )
      }),

    settle: (claim, settled, progress) =>
      db.write(() => {
        const shard = shards.read(claim.shard)
        if (checkClaim(shard, claim, progress) === 'answer') return
        const places = placesNow()
        for (const fact of settled) if (fact.offset >= claim.next) settleOne(fact, places)
        const tally =
          shard?.sum === undefined
            ? emptyPaymentTally()
            : restorePaymentTally(restoreJson<StoredPaymentTally>(shard.sum))
        foldPayments(tally, claim.next, settled)
        shards.move(claim.shard, progress, JSON.stringify(storePaymentTally(tally)))
      }),

    payments: () => db.read(readPayments),
  }
}

/** Within a read. */
export function sqlitePayments(db: StoreDatabase, prefix = ''): () => Awaited<ReturnType<Ledger['payments']>> {
  const sums = sqliteSums(db, 'tally', prefix)
  return () => {
    const { sums: stored, asOf } = sums()
    const tally = emptyPaymentTally()
    for (const sum of stored) addPaymentTally(tally, restorePaymentTally(restoreJson<StoredPaymentTally>(sum)))
    return { tally, asOf }
  }
}
