import { orderRecord } from '../codec/order-codec.ts'
import { orderStatuses } from '../domain/order.ts'
import { OrdermillError } from '../errors.ts'
import { inTime } from '../pipeline/in-time.ts'
import type { Intake } from '../ports/intake.ts'
import type { Log, LogPosition } from '../ports/log.ts'

export type ProducerOptions = Readonly<{
  log: Pick<Log, 'append'>
  intake: Pick<Intake, 'reserveOrderIds'>
  topic: string
  /** Unique a run: event ids are `producer/<run>/<n>`. */
  run: string
  /** Decides customers, amounts, countries and statuses. */
  random: () => number
  now: () => number
  /** Resolves early when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  sleepMs: number
  /** Stops after so many; absent: goes on until the signal. */
  count?: number
  onAcknowledged?: (orderId: number, position: LogPosition) => void
}>

const idBlock = 1_000
/** Without a pause orders are appended so many at a time, and so many appends may wait for their acknowledgement. */
const chunkMax = 500
const inFlightMax = 4
const acknowledgeTimeoutMs = 20_000

/** Makes up orders as the contract describes them, until `count` or the signal; resolves when all are acknowledged. */
export async function runProducer(options: ProducerOptions, signal: AbortSignal): Promise<void> {
  const { sleep, sleepMs, count = Number.POSITIVE_INFINITY } = options
  const takeIds = idSource(options.intake)
  const inFlight: Promise<void>[] = []
  for (let made = 0; made < count && !signal.aborted;) {
    const size = sleepMs > 0 ? 1 : Math.min(chunkMax, count - made)
    const orders = await makeOrders(options, takeIds, made, size)
    made += size
    const appending = appendOrders(options, orders)
    // It is awaited after those before it: when they fail together, the first is thrown and the others must not be loose.
    appending.catch(() => {})
    inFlight.push(appending)
    if (inFlight.length >= inFlightMax || sleepMs > 0) await inFlight.shift()
    if (sleepMs > 0 && made < count) await sleep(sleepMs, signal)
  }
  await Promise.all(inFlight)
}

type MadeOrder = Readonly<{ orderId: number; json: string; eventId: string }>

async function makeOrders(
  { random, now, run }: ProducerOptions,
  takeId: () => Promise<number>,
  made: number,
  size: number,
): Promise<readonly MadeOrder[]> {
  const orders: MadeOrder[] = []
  for (let index = 0; index < size; index += 1) {
    const orderId = await takeId()
    const json = JSON.stringify(makeOrder(orderId, random, now()))
    orders.push({ orderId, json, eventId: `producer/${run}/${made + index}` })
  }
  return orders
}

const countries = ['US', 'CA', 'DE', 'IN', 'GB', 'FR', 'CN', 'BR'] as const

function makeOrder(orderId: number, random: () => number, nowMs: number) {
  return {
    order_id: orderId,
    customer_id: wholeBetween(1_000, 9_999, random),
    amount: wholeBetween(1_000, 50_000, random) / 100,
    currency: 'USD',
    country: pick(countries, random),
    status: pick(orderStatuses, random),
    created_at: new Date(nowMs).toISOString(),
    source: 'order-service',
  }
}

function wholeBetween(min: number, max: number, random: () => number): number {
  return min + Math.floor(random() * (max - min + 1))
}

function pick<Option>(options: readonly [Option, ...Option[]], random: () => number): Option {
  return options[Math.floor(random() * options.length)] ?? options[0]
}

function idSource(intake: ProducerOptions['intake']): () => Promise<number> {
  let next = 0
  let end = 0
  return async () => {
    if (next === end) {
      next = await intake.reserveOrderIds(idBlock)
      end = next + idBlock
    }
    next += 1
    return next - 1
  }
}

async function appendOrders(options: ProducerOptions, orders: readonly MadeOrder[]): Promise<void> {
  const { log, topic, onAcknowledged } = options
  const records = orders.map(({ json, orderId, eventId }) => orderRecord(topic, json, orderId, eventId))
  const positions = await inTime(log.append(records), acknowledgeTimeoutMs, notAcknowledged)
  for (const [index, position] of positions.entries()) onAcknowledged?.(orders[index]?.orderId ?? 0, position)
}

function notAcknowledged(): never {
  throw new OrdermillError('LOG_UNAVAILABLE', `the log acknowledged no order within ${acknowledgeTimeoutMs} ms`)
}
