/** A process that owns shards together with others: it claims, applies batch after batch, and claims again when it must. */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import type { SettledAnswer } from '../../../src/domain/payment.ts'
import { seededRandom } from '../../../src/domain/random.ts'
import { hasCode } from '../../../src/errors.ts'
import type { PaymentFact, SettledFact } from '../../../src/ports/payment-ledger.ts'
import { advance, type Claim, type Progress } from '../../../src/ports/shards.ts'
import { storeOptions } from '../../support/couchbase/open-store.ts'
import { rivalName, type FromRival, type RivalOrders, type ToRival } from '../../support/couchbase/rivals/messages.ts'
import {
  indexAt,
  offsetAt,
  orderFacts,
  paymentFacts,
  shardOf,
  type Span,
  type Work,
} from '../../support/couchbase/rivals/stream.ts'
import { noonMs } from '../../support/order-facts.ts'

const recordsMax = 25
/** So many come again with the next batch. */
const repeatedMax = 6
/** Rivals who both claim at once would get nothing done. */
const fencedPauseMs = 150
const batchPauseMs = 15

const orders = JSON.parse(process.argv[2] ?? '{}') as RivalOrders
const { seed } = orders
const random = seededRandom(orders.luck)
const store = openCouchbaseStore(storeOptions(orders, { kvTimeoutMs: 5_000 }))
const { end } = orders
let calls = 0
const waiting = new Map<number, (outcome: 'PAID' | 'DECLINED') => void>()

// It must not outlive whoever started it.
process.once('disconnect', () => process.exit())
process.on('message', ({ id, outcome }: ToRival) => waiting.get(id)?.(outcome))
await Promise.all(orders.work.map(toil))
await store.close()
process.disconnect()

async function toil(work: Work): Promise<void> {
  for (;;) {
    try {
      return await applyAll(work)
    } catch (error) {
      if (!hasCode(error, 'FENCED') && !hasCode(error, 'STORE_UNAVAILABLE')) throw error
      await setTimeout(random() * fencedPauseMs)
    }
  }
}

/** As owner of a shard, to the stream's end. */
async function applyAll(work: Work): Promise<void> {
  const { partition } = work
  let claim = await store.claim(shardOf(work), rivalName(process.pid))
  for (;;) {
    const first = indexAt(seed, partition, claim.next)
    const last = end?.[partition] ?? Infinity
    if (first >= last) return
    const from = Math.max(0, first - Math.floor(random() * repeatedMax))
    const to = Math.min(last, first + 1 + Math.floor(random() * recordsMax))
    const progress = {
      from: Math.max(offsetAt(seed, partition, from), claim.from),
      next: offsetAt(seed, partition, to - 1) + 1,
      batchId: randomUUID(),
    }
    await apply(work, claim, { seed, partition, from, to }, progress)
    claim = advance(claim, progress)
    tell({ kind: 'applied' })
    await setTimeout(random() * batchPauseMs)
  }
}

async function apply({ service }: Work, claim: Claim, span: Span, progress: Progress): Promise<void> {
  if (service === 'analytics') {
    await store.applyOrders(claim, orderFacts(span), progress)
    return
  }
  const facts = paymentFacts(span)
  const answers = await store.reserve(claim, facts)
  const settled = await Promise.all(facts.map((fact, index) => settledFact(fact, answers[index])))
  await store.settle(claim, settled, progress)
}

type Answer = Awaited<ReturnType<typeof store.reserve>>[number]

async function settledFact(fact: PaymentFact, given: Answer): Promise<SettledFact> {
  if (fact.kind !== 'payment') return fact
  if (!given) throw new Error(`no answer for the payment at ${fact.offset}`)
  return { ...fact, answer: given.kind === 'charge' ? await charge(fact) : given }
}

async function charge({ identity, intent }: Extract<PaymentFact, { kind: 'payment' }>): Promise<SettledAnswer> {
  calls += 1
  const id = calls
  const answered = new Promise<'PAID' | 'DECLINED'>((resolve) => waiting.set(id, resolve))
  const place = `${intent.position.partition}/${intent.position.offset}`
  tell({ kind: 'charge', id, key: String(identity.orderId), orderId: identity.orderId, place })
  return { kind: 'settled', outcome: await answered, atMs: noonMs }
}

function tell(message: FromRival): void {
  process.send?.(message)
}
