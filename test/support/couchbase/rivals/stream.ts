import { orderDocument } from '../../../../src/domain/order-document.ts'
import { orderStatuses, type Order } from '../../../../src/domain/order.ts'
import { seededRandom } from '../../../../src/domain/random.ts'
import type { OrderFact } from '../../../../src/ports/order-book.ts'
import type { PaymentFact } from '../../../../src/ports/payment-ledger.ts'
import type { ShardKey } from '../../../../src/ports/shards.ts'
import { anOrder, noonMs, orderFact, orderJson, paymentFact, paymentShard, shardKey } from '../../order-facts.ts'

export const partitions = [0, 1, 2] as const
export const services = ['analytics', 'payment'] as const
export type ServiceName = (typeof services)[number]
export type Work = Readonly<{ service: ServiceName; partition: number }>

/** Records are found by their index; offsets leave gaps. */
const offsetsARecord = 3
const idsARecord = 0.7
/** Records of one order are at most so far apart, on whatever partitions. */
const idsBack = 25

export function shardOf({ service, partition }: Work): ShardKey {
  return service === 'analytics' ? shardKey({ partition }) : paymentShard({ partition })
}

type Drawn = Readonly<{ index: number; offset: number; order: Order | undefined; isTombstone: boolean; lateMs: number }>

/** The record at an index of an endless partition: the same for every process that is told the seed. */
function draw(seed: number, partition: number, index: number): Drawn {
  const random = seededRandom(seed * 7_919 + partition * 104_729 + index * 15_485_863)
  // The first numbers of neighbouring seeds are alike.
  for (let skipped = 0; skipped < 3; skipped += 1) random()
  const offset = index * offsetsARecord + Math.floor(random() * offsetsARecord)
  const lateMs = random() < 0.1 ? Math.floor(random() * 5_000) : 0
  const luck = random()
  const id = Math.max(1, Math.floor(index * idsARecord) + 1 - Math.floor(random() * idsBack))
  const order = luck < 0.94 ? orderOf(id, random) : undefined
  return { index, offset, order, isTombstone: luck > 0.97, lateMs }
}

function orderOf(id: number, random: () => number): Order {
  const statuses = isDeclined(id) ? orderStatuses.filter((status) => status !== 'CANCELLED') : orderStatuses
  const status = statuses[Math.floor(random() * statuses.length)] ?? 'CREATED'
  const amount = { currency: id % 5 === 0 ? 'EUR' : 'USD', minor: 1_000 + ((id * 31) % 977) }
  // One in twelve contradicts the others of its order, unless it comes first.
  const country = random() < 0.08 ? 'DE' : 'US'
  return anOrder(id, { amount, country, status, createdAtMs: noonMs + id * 41_000 })
}

/** What the gateway says; never of an order that is cancelled, so that a ledger tells all that was counted. */
export function isDeclined(id: number): boolean {
  return id % 7 === 0
}

export type Span = Readonly<{ seed: number; partition: number; from: number; to: number }>

export function orderFacts({ seed, partition, from, to }: Span): readonly OrderFact[] {
  return drawn({ seed, partition, from, to }).map(({ index, offset, order, isTombstone, lateMs }) => {
    if (!order) return unreadable(offset, isTombstone)
    const json = orderJson(order, `,"at":"${partition}/${offset}"`)
    return orderFact(order, offset, { json, timestampMs: noonMs + index * 10 - lateMs })
  })
}

export function paymentFacts(span: Span): readonly PaymentFact[] {
  const shard = shardOf({ service: 'payment', partition: span.partition })
  return drawn(span).map(({ offset, order, isTombstone }) => {
    if (!order) return unreadable(offset, isTombstone)
    const decision = order.status === 'CANCELLED' ? 'SKIPPED' : 'charge'
    return paymentFact(order, offset, { shard, decision, flagged: order.country === 'DE' })
  })
}

function unreadable(offset: number, isTombstone: boolean) {
  return { kind: isTombstone ? 'tombstone' : 'refused', offset } as const
}

function drawn({ seed, partition, from, to }: Span): readonly Drawn[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => draw(seed, partition, from + n))
}

export function offsetAt(seed: number, partition: number, index: number): number {
  return draw(seed, partition, index).offset
}

/** Index of the first record that is not below `next`. */
export function indexAt(seed: number, partition: number, next: number): number {
  const index = Math.floor(next / offsetsARecord)
  return offsetAt(seed, partition, index) >= next ? index : index + 1
}

/** The contract's document that a record makes. */
export function documentOf(fact: Extract<OrderFact, { kind: 'order' }>, partition: number): string {
  const { json, timestampMs, offset } = fact
  return orderDocument(json, { timestampMs, offset, partition })
}
