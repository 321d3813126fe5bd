import { identityText } from '../../domain/order.ts'
import type { LedgerState, PaymentAnswer } from '../../domain/payment.ts'
import {
  addPaymentTally,
  emptyPaymentTally,
  restorePaymentTally,
  storePaymentTally,
} from '../../domain/payment-tally.ts'
import { samePosition } from '../../domain/position.ts'
import { greatestChosen, type Intake } from '../../ports/intake.ts'
import type { PaymentFact, PaymentLedger } from '../../ports/payment-ledger.ts'
import { asOfShards } from '../store/as-of.ts'
import { checkClaim } from '../store/claim.ts'
import { foldPayments } from '../store/fold.ts'
import type { CouchbaseArrivals } from './couchbase-arrivals.ts'
import { byIdentity } from './couchbase-batches.ts'
import { keyOf } from './couchbase-directory.ts'
import type { Cas } from './couchbase-keyspace.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import type { Modify } from './couchbase-json.ts'
import type { Entry } from './couchbase-lists.ts'
import type { CouchbaseIdentities } from './couchbase-identities.ts'
import type { Trust } from './couchbase-order-documents.ts'
import {
  documentOf,
  foldPayment,
  settleable,
  settled,
  textOf,
  type Folded,
  type PaymentBatch,
  type PaymentDocument,
  type PaymentRecord,
  type Settleable,
} from './couchbase-payment-documents.ts'
import type { CouchbaseShards } from './couchbase-shards.ts'
import type { ForEach } from './couchbase-work.ts'

type Held = Readonly<{ ledger: LedgerState; cas: Cas }>

type LedgerDeps = Readonly<{
  keyspaces: Pick<Keyspaces, 'payments'>
  shards: CouchbaseShards
  identities: Pick<CouchbaseIdentities, 'note'>
  arrivals: CouchbaseArrivals
  intake: Pick<Intake, 'noteOrderIds'>
  trust: Trust
  modify: Modify
  forEach: ForEach
}>

export function couchbaseLedger(deps: LedgerDeps): Pick<PaymentLedger, 'reserve' | 'settle' | 'payments'> {
  const { keyspaces, shards, identities, arrivals, intake, trust, modify, forEach } = deps
  const { payments } = keyspaces
  /** What `reserve` wrote, so that `settle` need not read it again; of the last batch of each shard alone. */
  const held = new Map<string, Map<string, Held>>()

  async function reserveOne(batch: PaymentBatch, into: Map<string, Held>): Promise<Folded> {
    const key = identityText(batch.identity)
    const fresh = foldPayment(trust, undefined, batch)
    // Nearly every payment is new, but in a rebuild.
    if (trust === 'states' && fresh.ledger) {
      const cas = await payments.insert(key, textOf(batch.identity, fresh.ledger))
      if (cas !== undefined) {
        into.set(key, { ledger: fresh.ledger, cas })
        return fresh
      }
    }
    let folded = fresh
    await modify<PaymentDocument>(payments, key, (known) => {
      folded = foldPayment(trust, known, batch)
      return folded.document
    })
    return folded
  }

  /** Only for the position that holds the reservation; an outcome that is there already stays. */
  async function settleOne(fact: Settleable, known: Held | undefined): Promise<void> {
    const key = identityText(fact.identity)
    const next = known && settled(known.ledger, fact)
    if (known && next && (await payments.replace(key, textOf(fact.identity, next), known.cas)) !== undefined) return
    await modify<PaymentDocument>(payments, key, (now) => {
      const ledger = now && settled(now.ledger, fact)
      return ledger && documentOf(fact.identity, ledger)
    })
  }

  return {
    async reserve(claim, facts) {
      const { generation } = await shards.read(claim)
      const reserved = new Map<string, Held>()
      held.set(keyOf(claim.shard), reserved)
      const batches = batchesOf(facts, claim.next)
      const unapplied = batches.filter((batch) => batch.facts.some(({ offset }) => offset >= claim.next))
      await identities.note(
        unapplied.map(({ identity }) => identity),
        'other',
      )
      const folded = await forEach(batches, (batch) => reserveOne(batch, reserved))
      const answers = new Map<PaymentFact, PaymentAnswer>()
      const shown: Entry[] = []
      for (const [index, batch] of batches.entries()) collect(batch, folded[index], answers, shown)
      await intake.noteOrderIds(greatestChosen(batches.map(({ identity }) => identity.orderId)))
      const next = Math.max(claim.next, ...facts.map(({ offset }) => offset + 1))
      await arrivals.add(generation, { shard: claim.shard, name: 'payments', entries: shown, next })
      return facts.map((fact) => answers.get(fact))
    },

    async settle(claim, facts, progress) {
      const read = await shards.read(claim)
      if (checkClaim(read.document, claim, progress) === 'answer') return
      const reserved = held.get(keyOf(claim.shard))
      held.delete(keyOf(claim.shard))
      const outcomes = facts.flatMap((fact) => settleable(fact, claim))
      await forEach(outcomes, (fact) => settleOne(fact, reserved?.get(identityText(fact.identity))))
      const { tally: counted } = read.document
      const tally = counted ? restorePaymentTally(counted) : emptyPaymentTally()
      foldPayments(tally, claim.next, facts)
      await shards.move(read, { claim, progress }, { tally: storePaymentTally(tally) })
    },

    async payments() {
      const all = await shards.all('tally')
      const tally = emptyPaymentTally()
      for (const shard of all) if (shard.tally) addPaymentTally(tally, restorePaymentTally(shard.tally))
      return { tally, asOf: asOfShards(all) }
    },
  }
}

function batchesOf(facts: readonly PaymentFact[], from: number): readonly PaymentBatch[] {
  return byIdentity(facts.filter(isPayment)).map((batch) => ({ ...batch, from }))
}

function isPayment(fact: PaymentFact): fact is PaymentRecord {
  return fact.kind === 'payment'
}

/** Answers, and an entry of the list for the record that made the payment. */
function collect(
  { facts, identity, from }: PaymentBatch,
  folded: Folded | undefined,
  answers: Map<PaymentFact, PaymentAnswer>,
  shown: Entry[],
): void {
  const [first] = folded?.ledger?.entries ?? []
  for (const [index, fact] of facts.entries()) {
    const answer = folded?.answers[index]
    if (answer) answers.set(fact, answer)
    if (!first || fact.offset < from || !samePosition(first.position, fact.intent.position)) continue
    shown.push([first.atMs, fact.offset, identity.orderId, identity.createdAtMs])
  }
}
