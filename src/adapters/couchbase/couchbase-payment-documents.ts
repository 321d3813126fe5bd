import { identityText, type OrderIdentity } from '../../domain/order.ts'
import {
  judgePayment,
  settlePayment,
  settlesReservation,
  type LedgerState,
  type PaymentAnswer,
  type PaymentOutcome,
  type Settlement,
} from '../../domain/payment.ts'
import { samePosition } from '../../domain/position.ts'
import { repairPayment } from '../../domain/repair.ts'
import type { StoredPayment } from '../../ports/order-queries.ts'
import type { PaymentFact, SettledFact } from '../../ports/payment-ledger.ts'
import type { Claim } from '../../ports/shards.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { readJson } from './couchbase-json.ts'
import type { Trust } from './couchbase-order-documents.ts'

export type PaymentRecord = Extract<PaymentFact, { kind: 'payment' }>

export type PaymentDocument = Readonly<{
  kind: 'payment'
  orderId: number
  identityMs: number
  status: PaymentOutcome | 'PENDING'
  /** Of the first entry. */
  atMs: number
  logPartition: number
  logOffset: number
  ledger: LedgerState
}>

/** Payments of one order in one batch, in offset order; those below `from` are answered and have no effect. */
export type PaymentBatch = Readonly<{ identity: OrderIdentity; facts: readonly PaymentRecord[]; from: number }>

export type Folded = Readonly<{
  answers: readonly PaymentAnswer[]
  ledger: LedgerState | undefined
  /** To be written; undefined when what is there is right. */
  document: PaymentDocument | undefined
}>

export function foldPayment(trust: Trust, known: PaymentDocument | undefined, batch: PaymentBatch): Folded {
  const judge = trust === 'records' ? repairPayment : judgePayment
  let ledger = known?.ledger
  const answers = batch.facts.map(({ intent, offset }) => {
    const { answer, next } = judge(ledger, intent)
    if (next && offset >= batch.from) ledger = next
    return answer
  })
  const isKept = ledger === known?.ledger && (trust === 'states' || !ledger || isSound(known, batch, ledger))
  return { answers, ledger, document: ledger && !isKept ? documentOf(batch.identity, ledger) : undefined }
}

/** Whether what stands beside the ledger is what is in it. */
function isSound(known: PaymentDocument | undefined, { identity }: PaymentBatch, ledger: LedgerState): boolean {
  return JSON.stringify(known) === JSON.stringify(documentOf(identity, ledger))
}

export type Settleable = PaymentRecord & Readonly<{ settlement: Settlement }>

export function settleable(fact: SettledFact, { next }: Claim): readonly Settleable[] {
  if (fact.kind !== 'payment' || fact.offset < next || fact.answer.kind !== 'settled') return []
  const { answer: settlement } = fact
  return settlesReservation(settlement.outcome) ? [{ ...fact, settlement }] : []
}

/** undefined when there is nothing to settle for this position. */
export function settled(ledger: LedgerState, { intent, settlement }: Settleable): LedgerState | undefined {
  if (ledger.payment.status !== 'PENDING' || !samePosition(ledger.payment.position, intent.position)) return undefined
  return settlePayment(ledger, settlement)
}

export function documentOf({ orderId, createdAtMs }: OrderIdentity, ledger: LedgerState): PaymentDocument {
  const [{ atMs, position }] = ledger.entries
  return {
    kind: 'payment',
    orderId,
    identityMs: createdAtMs,
    status: ledger.payment.status,
    atMs,
    logPartition: position.partition,
    logOffset: position.offset,
    ledger,
  }
}

export function textOf(identity: OrderIdentity, ledger: LedgerState): string {
  return JSON.stringify(documentOf(identity, ledger))
}

export async function findPayment(
  { payments }: Pick<Keyspaces, 'payments'>,
  identity: OrderIdentity,
): Promise<StoredPayment | undefined> {
  const read = await readJson<PaymentDocument>(payments, identityText(identity))
  return read && { orderId: read.document.orderId, timestampMs: read.document.atMs, ledger: read.document.ledger }
}
