import { identityText } from '../../domain/order.ts'
import { judgePayment, settlePayment, settlesReservation, type PaymentAnswer } from '../../domain/payment.ts'
import { addPaymentTally, emptyPaymentTally } from '../../domain/payment-tally.ts'
import { samePosition } from '../../domain/position.ts'
import type { PaymentFact, PaymentLedger, SettledFact } from '../../ports/payment-ledger.ts'
import type { Claim } from '../../ports/shards.ts'
import { checkClaim, checkEpoch } from '../store/claim.ts'
import { foldPayments } from '../store/fold.ts'
import { asOfKind, moveShard, shardOf } from './memory-store-shards.ts'
import { seeOrderId, type MemoryStoreState, type Pause } from './memory-store-state.ts'

type Ledger = Pick<PaymentLedger, 'reserve' | 'settle' | 'payments'>

/** @param judge of a rebuild, which puts right what is there */
export function memoryLedger(state: MemoryStoreState, pause: Pause, judge = judgePayment): Ledger {
  return {
    async reserve(claim, facts) {
      checkEpoch(shardOf(state, claim.shard), claim)
      const answers: (PaymentAnswer | undefined)[] = []
      for (const fact of facts) {
        await pause()
        answers.push(swap(state, claim, fact, judge))
      }
      await pause()
      return answers
    },

    async settle(claim, settled, progress) {
      if (checkClaim(shardOf(state, claim.shard), claim, progress) === 'answer') return
      for (const fact of settled) {
        await pause()
        writeOutcome(state, claim, fact)
      }
      await pause()
      moveShard(state, { claim, progress }, (shard) => {
        const tally = emptyPaymentTally()
        if (shard.tally) addPaymentTally(tally, shard.tally)
        foldPayments(tally, claim.next, settled)
        return { tally }
      })
      await pause()
    },

    payments() {
      const tally = emptyPaymentTally()
      for (const shard of state.shards.values()) if (shard.tally) addPaymentTally(tally, shard.tally)
      return Promise.resolve({ tally, asOf: asOfKind(state, 'tally') })
    },
  }
}

function swap(
  state: MemoryStoreState,
  claim: Claim,
  fact: PaymentFact,
  judge: typeof judgePayment,
): PaymentAnswer | undefined {
  if (fact.kind !== 'payment') return undefined
  const key = identityText(fact.identity)
  const { answer, next } = judge(state.ledger.get(key)?.ledger, fact.intent)
  if (!next || fact.offset < claim.next) return answer
  state.ledger.set(key, { identity: fact.identity, ledger: next })
  seeOrderId(state, fact.identity.orderId)
  return answer
}

/** Only for the position that holds the reservation; an outcome that is there already stays. */
function writeOutcome(state: MemoryStoreState, claim: Claim, fact: SettledFact): void {
  if (fact.kind !== 'payment' || fact.offset < claim.next || fact.answer.kind !== 'settled') return
  const { outcome } = fact.answer
  const known = state.ledger.get(identityText(fact.identity))
  if (!known || !settlesReservation(outcome)) return
  if (!samePosition(known.ledger.payment.position, fact.intent.position)) return
  state.ledger.set(identityText(fact.identity), { ...known, ledger: settlePayment(known.ledger, fact.answer) })
}
