import type { Log, LogRecord } from '../../../src/ports/log.ts'
import { readTopic } from '../log-harness.ts'
import { headerOf, jsonOf } from '../order-json.ts'
import { truthHeader } from './input.ts'

/**
 * What the log's input says, told as plainly as can be: the audit shares no code with what it checks, apart from types
 * and the reading of bytes.
 */
export type OrderRecord = Readonly<{
  record: LogRecord
  place: string
  orderId: number
  /** Key of the ledger and the gateway. */
  identity: string
  /** Equal for two records that differ in status alone. */
  content: string
  status: string
  currency: string
  minor: bigint
  country: string
  customerId: number
  createdAtMs: number
  flagged: boolean
}>

/** An operator's command: the order whose payment it is about, and what is to become of that. */
export type CommandRecord = OrderRecord & Readonly<{ decision: string }>

/** Those that read orders. What one of them refused comes back to it alone. */
export const orderGroups = ['fraud-group', 'payments-group', 'analytics-group'] as const
export type OrderGroup = (typeof orderGroups)[number]

/** The input of one group. */
export type Facts = Readonly<{
  /** Every record of `orders` and of the group's retry topic, partition by partition, in the order of offsets. */
  all: readonly LogRecord[]
  orders: readonly OrderRecord[]
  byPlace: ReadonlyMap<string, OrderRecord>
  byIdentity: ReadonlyMap<string, readonly OrderRecord[]>
  /** In the order of offsets. */
  commands: readonly CommandRecord[]
  poison: readonly LogRecord[]
  tombstones: readonly LogRecord[]
}>

export type IdReuse = 'refuse' | 'replace'

const decimals: Readonly<Record<string, number>> = { USD: 2, EUR: 2, JPY: 0 }

export async function readFacts(log: Log, reuse: IdReuse): Promise<Readonly<Record<OrderGroup, Facts>>> {
  const orders = await readTopic(log, 'orders')
  const of = async (group: OrderGroup) =>
    factsOf([...orders, ...(await readTopic(log, `orders.${group}.retry`))], reuse)
  return {
    'fraud-group': await of('fraud-group'),
    'payments-group': await of('payments-group'),
    'analytics-group': await of('analytics-group'),
  }
}

function factsOf(all: readonly LogRecord[], reuse: IdReuse): Facts {
  const ofTruth = (truth: string) => all.filter((record) => headerOf(record, truthHeader) === truth)
  const orders = ofTruth('order').map((record) => orderOf(record, reuse))
  return {
    all,
    orders,
    byPlace: new Map(orders.map((order) => [order.place, order])),
    byIdentity: Map.groupBy(orders, ({ identity }) => identity),
    commands: all.filter(({ topic }) => topic !== 'orders').flatMap((record) => commandOf(record, reuse)),
    poison: ofTruth('poison'),
    tombstones: ofTruth('tombstone'),
  }
}

export function orderIdsOf(facts: Readonly<Record<OrderGroup, Facts>>): ReadonlySet<number> {
  return new Set(orderGroups.flatMap((group) => facts[group].orders.map(({ orderId }) => orderId)))
}

export function placeOf({ topicId, partition, offset }: Pick<LogRecord, 'topicId' | 'partition' | 'offset'>): string {
  return `${topicId}-${partition}-${offset}`
}

function commandOf(record: LogRecord, reuse: IdReuse): readonly CommandRecord[] {
  const decision = headerOf(record, 'x-ordermill-decision')
  return decision ? [{ ...orderOf(record, reuse), decision }] : []
}

function orderOf(record: LogRecord, reuse: IdReuse): OrderRecord {
  const json = jsonOf(record)
  const [orderId, amount, customerId] = [json['order_id'], json['amount'], json['customer_id']].map(Number)
  const [currency = '', country = '', status = '', createdAt = ''] = [
    'currency',
    'country',
    'status',
    'created_at',
  ].map((name) => String(json[name]))
  if (orderId === undefined || amount === undefined || customerId === undefined) throw new TypeError('no order')
  const createdAtMs = Date.parse(createdAt)
  const scale = 10 ** (decimals[currency] ?? 2)
  return {
    record,
    place: placeOf(record),
    orderId,
    identity: reuse === 'replace' ? `${orderId}@${createdAtMs}` : `${orderId}`,
    content: JSON.stringify([customerId, Math.round(amount * scale), currency, country, createdAtMs]),
    status,
    currency,
    minor: BigInt(Math.round(amount * scale)),
    country,
    customerId,
    createdAtMs,
    flagged: amount > 300 && country !== 'US' && country !== 'CA',
  }
}
