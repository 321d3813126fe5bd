import { isDeepStrictEqual } from 'node:util'
import type { Keyspaces } from '../../../../src/adapters/couchbase/couchbase-keyspaces.ts'
import { findPayment } from '../../../../src/adapters/couchbase/couchbase-payment-documents.ts'
import { identityText } from '../../../../src/domain/order.ts'
import { judgeOrder, type OrderState } from '../../../../src/domain/order-state.ts'
import { judgePayment } from '../../../../src/domain/payment.ts'
import { countPayment, emptyPaymentTally, type PaymentTally } from '../../../../src/domain/payment-tally.ts'
import { samePosition } from '../../../../src/domain/position.ts'
import { countOrder, countUnreadable, emptyTotals, type Totals } from '../../../../src/domain/totals.ts'
import { minuteMs, windowStart } from '../../../../src/domain/window.ts'
import type { SeriesPoint } from '../../../../src/ports/order-queries.ts'
import type { OrderStore } from '../../../../src/ports/order-store.ts'
import type { RecordedOrder } from '../../order-facts.ts'
import { walkPages } from '../walk-pages.ts'
import { documentOf, isDeclined, orderFacts, partitions, paymentFacts } from './stream.ts'

/** Where each order was charged from. */
export type Charges = ReadonlyMap<string, ReadonlySet<string>>

export type AuditOptions = Readonly<{
  store: OrderStore
  keyspaces: Keyspaces
  seed: number
  end: readonly number[]
  charges: Charges
}>

type Record = Readonly<{ fact: RecordedOrder; partition: number }>

/** All that is wrong with what the rivals left, in words; nothing when all is exact. */
export async function auditRivals(options: AuditOptions): Promise<readonly string[]> {
  return [...(await auditOrders(options)), ...(await auditPayments(options))]
}

async function auditOrders({ store, keyspaces, seed, end }: AuditOptions): Promise<readonly string[]> {
  const complaints: string[] = []
  const totals = emptyTotals()
  const minutes = new Map<string, SeriesPoint>()
  const records = new Map<number, Record[]>()
  for (const partition of partitions) {
    for (const fact of orderFacts({ seed, partition, from: 0, to: end[partition] ?? 0 })) {
      if (fact.kind !== 'order') countUnreadable(totals, fact.kind)
      else records.set(fact.order.id, [...(records.get(fact.order.id) ?? []), { fact, partition }])
    }
  }
  await Promise.all(
    [...records].map(async ([id, ofOrder]) => {
      const [story] = await store.findOrder(id)
      if (!story?.state) return void complaints.push(`order ${id} has no state`)
      complaints.push(...auditState(story.state, ofOrder))
      const document = (await keyspaces.documents.get(String(id)))?.text
      const newest = ofOrder.find((record) => isAt(record, story.state?.entries.at(-1)))
      if (!newest || document !== documentOf(newest.fact, newest.partition)) {
        complaints.push(`order ${id} has the document ${document}, not that of its newest entry`)
      }
      for (const record of ofOrder) count(record, story.state, totals, minutes)
    }),
  )
  const told = await store.totals()
  expectSame(complaints, 'totals', told.totals, totals)
  expectSame(complaints, 'the order count', told.totals.overall.orderCount, records.size)
  const series = await store.series({ fromMs: 0, toMs: 1e15 })
  expectSame(complaints, 'series', new Map(series.map((point) => [keyOf(point), point])), minutes)
  const listed = await walkPages((page) => store.searchOrders({ sort: 'newest', ...page }), 500)
  expectEachOnce(complaints, 'the list of orders', listed, [...records.keys()])
  return complaints
}

/** The entries are records of the stream, in its order, and all other records are explained by them. */
function auditState(state: OrderState, records: readonly Record[]): readonly string[] {
  const complaints: string[] = []
  const id = records[0]?.fact.order.id
  const [first] = state.entries
  const earliest = records.find(({ partition }) => partition === first.position.partition)
  if (!earliest || !isAt(earliest, first))
    complaints.push(`order ${id} was not made by the first record of a partition`)
  for (const partition of partitions) {
    const offsets = state.entries.map(({ position }) => position).filter((position) => position.partition === partition)
    const isAscending = offsets.every(({ offset }, at) => at === 0 || offset > (offsets[at - 1]?.offset ?? 0))
    if (!isAscending)
      complaints.push(`order ${id} went through its states in another order than partition ${partition}`)
  }
  if (!state.entries.every((entry) => records.some((record) => isAt(record, entry)))) {
    complaints.push(`order ${id} has an entry that the stream lacks`)
  }
  return complaints
}

function isAt({ fact, partition }: Record, entry: OrderState['entries'][number] | undefined): boolean {
  return entry !== undefined && samePosition(entry.position, { topicId: 'topic-1', partition, offset: fact.offset })
}

function count({ fact, partition }: Record, state: OrderState, totals: Totals, minutes: Map<string, SeriesPoint>) {
  const { answer } = judgeOrder(state, fact.order, { topicId: 'topic-1', partition, offset: fact.offset })
  countOrder(totals, fact.order, answer)
  if (answer.kind !== 'first') return
  const { amount, createdAtMs } = fact.order
  const fresh = {
    startMs: windowStart(createdAtMs, minuteMs),
    currency: amount.currency,
    orderCount: 0,
    salesMinor: 0n,
  }
  const point = minutes.get(keyOf(fresh)) ?? fresh
  const salesMinor = point.salesMinor + BigInt(amount.minor)
  minutes.set(keyOf(fresh), { ...point, orderCount: point.orderCount + 1, salesMinor })
}

function keyOf({ startMs, currency }: Pick<SeriesPoint, 'startMs' | 'currency'>): string {
  return `${startMs} ${currency}`
}

async function auditPayments({ store, keyspaces, seed, end, charges }: AuditOptions): Promise<readonly string[]> {
  const complaints: string[] = []
  const tally: PaymentTally = emptyPaymentTally()
  const orders = new Set<number>()
  const facts = partitions.flatMap((partition) => paymentFacts({ seed, partition, from: 0, to: end[partition] ?? 0 }))
  await Promise.all(
    facts.map(async (fact) => {
      if (fact.kind !== 'payment') return countUnreadable(tally, fact.kind)
      const { identity, intent, flagged } = fact
      orders.add(identity.orderId)
      const payment = await findPayment(keyspaces, identity)
      if (!payment) return void complaints.push(`order ${identity.orderId} has no payment`)
      const { answer } = judgePayment(payment.ledger, intent)
      if (answer.kind === 'charge') return void complaints.push(`order ${identity.orderId} is not settled`)
      countPayment(tally, intent.order, flagged, answer)
      if (answer.kind !== 'settled' || answer.outcome === 'SKIPPED') return
      const expected = isDeclined(identity.orderId) ? 'DECLINED' : 'PAID'
      if (answer.outcome !== expected) complaints.push(`order ${identity.orderId} is ${answer.outcome}`)
      const place = `${intent.position.partition}/${intent.position.offset}`
      expectSame(complaints, `charges of ${identity.orderId}`, charges.get(identityText(identity)), new Set([place]))
    }),
  )
  for (const [key, places] of charges) {
    if (places.size > 1) complaints.push(`order ${key} was charged from ${[...places].join(' and ')}`)
  }
  expectSame(complaints, 'the tally', (await store.payments()).tally, tally)
  expectSame(complaints, 'the count of what was paid or declined', tally.paid + tally.declined, charges.size)
  const listed = await walkPages((page) => store.searchPayments(page), 500)
  expectEachOnce(complaints, 'the list of payments', listed, [...orders])
  return complaints
}

function expectSame(complaints: string[], what: string, got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted)) complaints.push(`${what}: ${text(got)} instead of ${text(wanted)}`)
}

function expectEachOnce(
  complaints: string[],
  what: string,
  listed: readonly Readonly<{ orderId: number }>[],
  wanted: readonly number[],
): void {
  const ids = listed.map(({ orderId }) => orderId)
  const seen = new Set(ids)
  const missing = wanted.filter((id) => !seen.has(id))
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at)
  if (missing.length > 0) complaints.push(`${what} lacks ${String(missing.slice(0, 10))}`)
  if (twice.length > 0) complaints.push(`${what} has twice ${String(twice.slice(0, 10))}`)
  if (seen.size > wanted.length) complaints.push(`${what} has ${seen.size} orders instead of ${wanted.length}`)
}

function text(value: unknown): string {
  const plain = JSON.stringify(value, (_member, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`
    return part instanceof Map || part instanceof Set ? [...(part as Iterable<unknown>)] : part
  })
  return plain === undefined ? 'nothing' : plain.slice(0, 600)
}
