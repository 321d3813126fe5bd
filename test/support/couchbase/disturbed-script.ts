import { randomUUID } from 'node:crypto'
import { deadLetterId } from '../../../src/adapters/store/dead-letter-id.ts'
import { identityOf, type Order } from '../../../src/domain/order.ts'
import type { SettledAnswer } from '../../../src/domain/payment.ts'
import { hasCode } from '../../../src/errors.ts'
import type { OrderFact } from '../../../src/ports/order-book.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { PaymentFact, SettledFact } from '../../../src/ports/payment-ledger.ts'
import { advance, type Claim, type Progress, type ShardKey } from '../../../src/ports/shards.ts'
import type { DeadLetter, ViewFact } from '../../../src/ports/view-store.ts'
import { alertFact, letterFact } from '../../contract/order-store/views.ts'
import { anOrder, noonMs, orderFact, paymentFact, paymentShard, shardKey, viewShard } from '../order-facts.ts'

const attemptsMax = 25
/** Offsets of the script begin here. */
export const startOffset = 1_000
export const scriptShards = { orders: shardKey(), payments: paymentShard(), views: viewShard() } as const

/** Calls of every kind, as the pipeline makes them: what fails is claimed and applied again. */
export type ScriptResult = Readonly<{
  answers: readonly unknown[]
  /** How often the gateway was asked for each order. */
  charges: ReadonlyMap<string, number>
  /** Blocks of ids that were given: first and count. */
  blocks: readonly (readonly [first: number, count: number])[]
  /** Codes of calls that were refused. */
  rejections: readonly string[]
}>

export type Repeat = <Result>(work: () => Promise<Result>) => Promise<Result>

export async function runScript(store: OrderStore, firstId: number): Promise<ScriptResult> {
  const answers: unknown[] = []
  const rejections: string[] = []
  const charges = new Map<string, number>()
  const repeat = repeating((code) => rejections.push(code))
  const owner = (shard: ShardKey) => ownerOf({ store, shard, repeat })
  const order = (n: number, over: Partial<Order> = {}) =>
    anOrder(firstId + n, { amount: { currency: 'USD', minor: 1000 + n }, ...over })

  const analytics = owner(scriptShards.orders)
  for (const facts of orderBatches(order)) {
    answers.push(await analytics(facts, (claim, progress) => store.applyOrders(claim, facts, progress)))
  }
  const payment = owner(scriptShards.payments)
  for (const facts of paymentBatches(order)) {
    const pay = async (claim: Claim, progress: Progress) => {
      const settled = charged(facts, await store.reserve(claim, facts), charges)
      await store.settle(claim, settled, progress)
      return settled
    }
    answers.push(await payment(facts, pay))
  }
  const views = owner(scriptShards.views)
  for (const facts of viewBatches(firstId)) {
    await views(facts, (claim, progress) => store.applyViews(claim, facts, progress))
  }
  const blocks = await takeIds(store, firstId, repeat, answers)
  return { answers, charges, blocks, rejections }
}

type OrderOf = (n: number, over?: Partial<Order>) => Order

function orderBatches(order: OrderOf): readonly (readonly OrderFact[])[] {
  const reused = (createdAtMs: number, offset: number) => {
    const known = order(5, { createdAtMs })
    return orderFact(known, offset, { identity: identityOf(known, 'replace') })
  }
  const at = startOffset
  return [
    [
      orderFact(order(1), at),
      orderFact(order(2), at + 1),
      orderFact(order(1), at + 2),
      orderFact(order(2, { country: 'DE' }), at + 3),
      { kind: 'refused', offset: at + 4 },
      reused(noonMs, at + 5),
    ],
    [
      orderFact(order(1, { status: 'CONFIRMED' }), at + 6),
      orderFact(order(3), at + 7),
      orderFact(order(4, { createdAtMs: noonMs + 7_200_000 }), at + 8),
      reused(noonMs + 1, at + 9),
      { kind: 'tombstone', offset: at + 10 },
    ],
  ]
}

function paymentBatches(order: OrderOf): readonly (readonly PaymentFact[])[] {
  const at = startOffset
  const cancelled = order(3, { status: 'CANCELLED' })
  return [
    [
      paymentFact(order(1), at),
      paymentFact(order(1), at + 1),
      paymentFact(cancelled, at + 2, { decision: 'SKIPPED' }),
      { kind: 'tombstone', offset: at + 3 },
    ],
    [
      paymentFact(order(3, { status: 'CONFIRMED' }), at + 4),
      paymentFact(order(2), at + 5),
      paymentFact(order(1, { status: 'CANCELLED' }), at + 6),
      paymentFact(order(2, { country: 'DE' }), at + 7),
    ],
  ]
}

export function viewBatches(firstId: number): readonly (readonly ViewFact[])[] {
  const at = startOffset
  const orderId = firstId + 1
  const early = letterFact(at + 1, { orderId })
  const late = letterFact(at + 6, { orderId })
  const redrive = (letter: DeadLetter, offset: number, atMs: number): ViewFact => ({
    kind: 'redrive',
    offset,
    letterId: deadLetterId(letter),
    redriven: { atMs, job: 'job', topic: 'orders.analytics-group.retry', partition: 0, offset },
  })
  return [
    [alertFact(orderId, at), early, redrive(late.letter, at + 2, noonMs), redrive(early.letter, at + 3, noonMs + 1)],
    [
      alertFact(orderId, at + 4),
      alertFact(firstId + 5, at + 5, noonMs),
      late,
      redrive(early.letter, at + 7, noonMs + 9),
    ],
  ]
}

/** Every second order is declined. */
function charged(
  facts: readonly PaymentFact[],
  answers: Awaited<ReturnType<OrderStore['reserve']>>,
  charges: Map<string, number>,
): readonly SettledFact[] {
  return facts.flatMap((fact, index): readonly SettledFact[] => {
    if (fact.kind !== 'payment') return [fact]
    const answer = answers[index]
    if (!answer) return []
    if (answer.kind !== 'charge') return [{ ...fact, answer }]
    const { orderId } = fact.identity
    charges.set(String(orderId), (charges.get(String(orderId)) ?? 0) + 1)
    const settled: SettledAnswer = { kind: 'settled', outcome: orderId % 2 === 0 ? 'DECLINED' : 'PAID', atMs: noonMs }
    return [{ ...fact, answer: settled }]
  })
}

async function takeIds(store: OrderStore, firstId: number, repeat: Repeat, answers: unknown[]) {
  const request = { principal: 'p', key: 'k', fingerprint: 'f', idsNeeded: 3, atMs: noonMs }
  const first = await repeat(() => store.reserveOrderIds(5))
  const remembered = await repeat(() => store.remember(request))
  await repeat(() => store.noteOrderIds(firstId + 500))
  await repeat(() => store.complete('p', 'k', '{"done":true}'))
  const again = await repeat(() => store.remember({ ...request, atMs: 0 }))
  answers.push(remembered.atMs, again.firstOrderId === remembered.firstOrderId, again.atMs, again.response)
  const last = await repeat(() => store.reserveOrderIds(2))
  return [
    [first, 5],
    [remembered.firstOrderId, 3],
    [last, 2],
  ] as const
}

type Owned = Readonly<{ store: Pick<OrderStore, 'claim'>; shard: ShardKey; repeat: Repeat }>

/** Owns a shard and applies batches to it; after any failure it claims the shard anew, and comes with the whole batch. */
export function ownerOf({ store, shard, repeat }: Owned) {
  let held: Claim | undefined
  return <Result>(
    facts: readonly Readonly<{ offset: number }>[],
    apply: (claim: Claim, progress: Progress) => Promise<Result>,
  ) =>
    repeat(async () => {
      const claim = held ?? (await store.claim(shard, 'owner'))
      held = undefined
      const offsets = facts.map(({ offset }) => offset)
      const progress = { from: Math.min(...offsets), next: Math.max(...offsets) + 1, batchId: randomUUID() }
      const result = await apply(claim, progress)
      held = advance(claim, progress)
      return result
    })
}

export function repeating(rejected: (code: string) => void): Repeat {
  return async (work) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work()
      } catch (error) {
        const mayPass = hasCode(error, 'STORE_UNAVAILABLE') || hasCode(error, 'FENCED')
        if (!mayPass || attempt === attemptsMax) throw error
        rejected(error.code)
      }
    }
  }
}

/** All that a reader of the store can see of the script's orders, which are the newest everywhere. */
export function scriptPicture(store: OrderStore, firstId: number): Promise<unknown> {
  const page = { limit: 8 }
  return repeating(() => {})(async () => ({
    totals: await store.totals(),
    payments: await store.payments(),
    views: await store.viewCounts(),
    series: await store.series({ fromMs: 0, toMs: 1e15 }),
    stories: await Promise.all([1, 2, 3, 4, 5].map((n) => store.findOrder(firstId + n))),
    lists: await Promise.all([
      store.searchOrders({ sort: 'newest', ...page }),
      store.searchPayments(page),
      store.searchAlerts(page),
      store.searchDeadLetters(page),
    ]),
  }))
}
