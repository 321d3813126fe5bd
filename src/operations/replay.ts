import { orderGroups } from '../codec/groups.ts'
import { decodeOrder, type DecodedOrder } from '../codec/order-codec.ts'
import { outcomesTopic, paymentsTopic } from '../codec/payment-codec.ts'
import { assessFraud, type FraudRules } from '../domain/fraud.ts'
import { identityOf, type OrderIdReuse } from '../domain/order.ts'
import type { PaymentPolicy } from '../domain/payment.ts'
import { OrdermillError } from '../errors.ts'
import { blocked, catchUpPiece } from '../pipeline/claims.ts'
import type { Apply, Item, Service } from '../pipeline/service.ts'
import type { Log } from '../ports/log.ts'
import type { OrderBook } from '../ports/order-book.ts'
import type { PaymentLedger } from '../ports/payment-ledger.ts'
import type { Scratch } from '../ports/scratch.ts'
import type { Claim, ShardKey, Shards } from '../ports/shards.ts'
import type { ViewFact, ViewStore } from '../ports/view-store.ts'
import { analyticsService } from '../services/analytics-service.ts'
import { unreadable } from '../services/order-input.ts'
import { applyRecorded, paymentService } from '../services/payment-service.ts'
import { recordedOutcome, recordedPayments } from '../services/recorded-payments.ts'
import { viewsService } from '../services/views-service.ts'

/** How the services decide. */
export type ReplaySettings = Readonly<{
  topic: string
  baseCurrency: string
  policy: PaymentPolicy
  rules: FraudRules
  reuse: OrderIdReuse
}>

/** A service's effects from the log, without its outputs. */
export type Replayed = Readonly<{
  /** Where a piece goes on; fences who had the shard. */
  claim: (shard: ShardKey) => Promise<Claim>
  /** One bounded piece; nothing at or behind `to`. */
  piece: (claim: Claim, to: number, signal: AbortSignal) => Promise<Claim>
}>

/** By service. `fraud` keeps what it decides as the views keep alerts. */
export type ReplayedServices = Readonly<Record<'analytics' | 'payment' | 'views' | 'fraud', Replayed>>

type Shared = Readonly<{ log: Log; owner: string }>
type Target = Pick<Scratch, 'payments'> & Readonly<{ store: OrderBook & PaymentLedger & ViewStore }>

/** `target.payments` must hold every output of payment for what is replayed: the gateway is never asked. */
export function replayedServices(settings: ReplaySettings, shared: Shared, target: Target): ReplayedServices {
  const { store } = target
  const { topic, reuse, rules } = settings
  const { log } = shared
  const payment = paymentService({ ...settings, log, ledger: store, charge: neverCharged, now: () => 0 })
  const analytics = analyticsService({ ...settings, book: store })
  const views = viewsService({ topic, views: store, reuse })
  const applyViews: Apply<ViewFact, undefined> = async (claim, facts, progress) => {
    await store.applyViews(claim, facts, progress)
    return []
  }
  return {
    analytics: replayed(analytics, shared, store, (claim, facts, progress) =>
      store.applyOrders(claim, facts, progress),
    ),
    payment: replayed(payment, shared, store, async (claim, facts, progress, signal) => {
      const outputs = await target.payments(claim.shard, { from: claim.next, to: progress.next })
      return applyRecorded(store, recordedPayments(outputs, true))(claim, facts, progress, signal)
    }),
    views: replayed(views, shared, store, applyViews),
    fraud: replayed(fraudAsViews(rules, reuse), shared, store, applyViews),
  }
}

function replayed<Value, Fact, Answer>(
  service: Pick<Service<Value, Fact, Answer>, 'decode' | 'decide'>,
  { log, owner }: Shared,
  store: Shards,
  apply: Apply<Fact, Answer>,
): Replayed {
  return {
    claim: (shard) => store.claim(shard, owner),
    piece: (claim, to, signal) => {
      // Another for each piece of a claim: one of unknown outcome tells by it that it landed.
      const batchId = `${claim.epoch}/replay/${claim.next}`
      return catchUpPiece({ service, log, apply }, claim, { to, batchId }, signal)
    },
  }
}

function fraudAsViews(
  rules: FraudRules,
  reuse: OrderIdReuse,
): Pick<Service<DecodedOrder, ViewFact, undefined>, 'decode' | 'decide'> {
  return { decode: decodeOrder, decide: (items) => items.map((item) => alertOf(item, rules, reuse)) }
}

/** What has no alert says nothing, and there only its place counts. */
function alertOf(item: Item<DecodedOrder>, rules: FraudRules, reuse: OrderIdReuse): ViewFact {
  if (item.kind !== 'value') return unreadable(item)
  const { order } = item.value
  const { offset, timestampMs } = item.record
  const alert = assessFraud(order, rules)
  if (!alert) return { kind: 'nothing', offset }
  return { kind: 'alert', offset, timestampMs, identity: identityOf(order, reuse), alert }
}

export function neverCharged(): never {
  throw new OrdermillError('INTERNAL', 'a replay asked the gateway')
}

const outputsBatch = { recordsMax: 5_000, bytesMax: 4 * 1024 * 1024 }

/** Where payment writes. */
export const paymentOutputs: readonly string[] = [paymentsTopic, outcomesTopic]

/** One bounded piece of an output topic of payment; `next` is where it goes on. */
export async function readOutcomes(
  log: Pick<Log, 'read'>,
  from: Readonly<{ topic: string; partition: number; offset: number }>,
) {
  const { records, next, isBlocked } = await log.read({ ...from, ...outputsBatch })
  if (isBlocked) throw blocked(from.topic, from.partition, from.offset)
  const payments = records.flatMap((record) => recordedOutcome(record, orderGroups.payment) ?? [])
  return { payments, records: records.length, next }
}
