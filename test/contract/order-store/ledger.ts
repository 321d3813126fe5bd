import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { ChargeOutcome, FailedAttempt, PaymentAnswer, SettledAnswer } from '../../../src/domain/payment.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { PaymentFact, SettledFact } from '../../../src/ports/payment-ledger.ts'
import { advance, type ShardKey } from '../../../src/ports/shards.ts'
import {
  anOrder,
  commandFact,
  noonMs,
  paymentFact,
  paymentShard,
  progressTo,
  retryShard,
  type PaymentRecord,
} from '../../support/order-facts.ts'
import { openFor, type StoreOpeners } from './open-store.ts'

const charge = { kind: 'charge' }
const paid = { kind: 'settled', outcome: 'PAID', atMs: noonMs }

export function testLedger(openers: StoreOpeners): void {
  it('lets only one position charge an order', async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(paymentShard(), 'owner')
    const facts = [paymentFact(anOrder(1), 0), paymentFact(anOrder(1), 1), paymentFact(anOrder(2), 2)]
    assert.deepEqual(await store.reserve(claim, facts), [charge, { kind: 'duplicate' }, charge])
    const shard = paymentShard({ partition: 1 })
    const other = await store.claim(shard, 'other')
    assert.deepEqual(await store.reserve(other, [paymentFact(anOrder(1), 0, { shard })]), [{ kind: 'duplicate' }])
  })

  it('lets the position charge again until it is settled, and repeats the outcome then', async (t) => {
    const store = await openFor(t, openers)
    const [first, second] = [paymentFact(anOrder(1), 0), paymentFact(anOrder(2), 1)]
    let claim = await store.claim(paymentShard(), 'owner')
    assert.deepEqual(await store.reserve(claim, [first, second]), [charge, charge])
    claim = await store.claim(paymentShard(), 'owner again')
    assert.deepEqual(await store.reserve(claim, [first, second]), [charge, charge])
    await store.settle(claim, [settledAs(first, 'PAID'), settledAs(second, 'DECLINED')], progressTo(2))
    claim = await store.claim(paymentShard(), 'owner once more')
    assert.deepEqual(await store.reserve(claim, [first, second]), [paid, { ...paid, outcome: 'DECLINED' }])
  })

  it('keeps the first outcome', async (t) => {
    const store = await openFor(t, openers)
    const { pay, shard } = await payer(store)
    const fact = paymentFact(anOrder(1), 0, { shard })
    await pay([fact], 'PAID')
    await pay([fact, paymentFact(anOrder(1), 1)], 'DECLINED')
    assert.equal((await store.findOrder(1))[0]?.payment?.ledger.payment.status, 'PAID')
    assert.equal((await store.payments()).tally.declined, 0)
  })

  it('settles no other position', async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(paymentShard(), 'owner')
    await store.reserve(claim, [paymentFact(anOrder(1), 0)])
    const shard = paymentShard({ partition: 1 })
    const other = await store.claim(shard, 'other')
    await store.settle(other, [settledAs(paymentFact(anOrder(1), 0, { shard }), 'PAID')], progressTo(1))
    assert.equal((await store.findOrder(1))[0]?.payment?.ledger.payment.status, 'PENDING')
  })

  it('charges an order that was skipped or held when its status changes', async (t) => {
    for (const decision of ['SKIPPED', 'HELD'] as const) {
      const store = await openFor(t, openers)
      const { pay } = await payer(store)
      const order = anOrder(1, { status: 'CANCELLED' })
      const before = { kind: 'settled', outcome: decision, atMs: noonMs }
      assert.deepEqual(await pay([paymentFact(order, 0, { decision })]), [before])
      const confirmed = paymentFact({ ...order, status: 'CONFIRMED' }, 1)
      assert.deepEqual(await pay([confirmed]), [charge])
      assert.deepEqual(await pay([paymentFact(order, 0, { decision }), confirmed]), [before, paid])
      const [story] = await store.findOrder(1)
      assert.equal(story?.payment?.ledger.payment.status, 'PAID')
      assert.deepEqual(
        story?.payment?.ledger.entries.map(({ effect }) => effect),
        [decision, 'charge'],
      )
    }
  })

  // A batch was reserved and given up, and its group moved past it: HELD was counted, and the payment stayed PENDING, which
  // nobody could decide about.
  it('holds a reservation that was given up, so that it can be released', async (t) => {
    const store = await openFor(t, openers)
    const facts = [paymentFact(anOrder(1), 0), paymentFact({ ...anOrder(1), status: 'CANCELLED' }, 1)] as const
    const givenUp = paymentFact(anOrder(2), 2)
    const claim = await store.claim(paymentShard(), 'owner')
    await store.reserve(claim, [...facts, givenUp])
    const held = [facts[0], givenUp].map((fact) => settledAs(fact, 'HELD'))
    await store.settle(claim, held, progressTo(3))
    assert.deepEqual(await effectsOf(store, 1), ['HELD', 'HELD', 'noted'])
    assert.deepEqual(await effectsOf(store, 2), ['HELD', 'HELD'])
    assert.equal((await store.payments()).tally.held, 2)
    const commands = await payer(store, retryShard())
    const release = commandFact(anOrder(2), 0, 'release')
    assert.deepEqual(await commands.pay([release]), [charge])
    assert.deepEqual(await effectsOf(store, 2), ['PAID', 'HELD', 'release charge'])
    const again = await store.reserve(await store.claim(paymentShard(), 'owner again'), [givenUp])
    assert.deepEqual(again, [{ ...paid, outcome: 'HELD', atMs: noonMs + 2 }])
  })

  it('reports an order that was cancelled after it was paid, and pays nothing back', async (t) => {
    const store = await openFor(t, openers)
    const { pay } = await payer(store)
    await pay([paymentFact(anOrder(1), 0)])
    const cancelled = paymentFact({ ...anOrder(1), status: 'CANCELLED' }, 1)
    const change = { kind: 'status-change', cancelledAfterPaid: true }
    assert.deepEqual(await pay([cancelled]), [change])
    assert.deepEqual(await pay([cancelled, { kind: 'tombstone', offset: 2 }]), [change, undefined])
    const { tally } = await store.payments()
    assert.deepEqual([tally.paid, tally.statusChanges, tally.cancelledAfterPaid, tally.tombstones], [1, 1, 1, 1])
  })

  it('refuses other content', async (t) => {
    const store = await openFor(t, openers)
    const { pay } = await payer(store)
    await pay([paymentFact(anOrder(1), 0)])
    const richer = anOrder(1, { amount: { currency: 'EUR', minor: 1 } })
    const conflict = { kind: 'conflict', fields: ['amountMinor', 'currency'] }
    assert.deepEqual(await pay([paymentFact(richer, 1)]), [conflict])
    assert.equal((await store.payments()).tally.deadLetters, 1)
  })

  it('counts every record once, with the money that was paid', async (t) => {
    const store = await openFor(t, openers)
    const { pay } = await payer(store)
    const amount = { currency: 'JPY', minor: 99_999_999_999_999 }
    const facts = [
      paymentFact(anOrder(1, { amount, status: 'CANCELLED' }), 0),
      paymentFact(anOrder(2, { amount }), 1, { flagged: true }),
      paymentFact(anOrder(2, { amount }), 2),
      paymentFact(anOrder(3, { status: 'CANCELLED' }), 3, { decision: 'SKIPPED' }),
      paymentFact(anOrder(4), 4, { decision: 'HELD' }),
      { kind: 'refused', offset: 5 },
      { kind: 'tombstone', offset: 6 },
    ] as const
    await pay(facts)
    await pay(facts)
    await pay([...facts, paymentFact(anOrder(5), 7)], 'DECLINED')
    const { tally, asOf } = await store.payments()
    assert.deepEqual(tally, {
      paid: 2,
      declined: 1,
      skipped: 1,
      held: 1,
      duplicates: 1,
      statusChanges: 0,
      deadLetters: 1,
      tombstones: 1,
      paidCancelled: 1,
      paidFlagged: 1,
      cancelledAfterPaid: 0,
      paidSums: new Map([['JPY', 199_999_999_999_998n]]),
    })
    assert.deepEqual(asOf, new Map([['orders', new Map([[0, 8]])]]))
  })

  it('takes nothing from a record below what was settled', async (t) => {
    const store = await openFor(t, openers)
    const { pay } = await payer(store)
    await pay([paymentFact(anOrder(1), 5)])
    await pay([paymentFact(anOrder(2), 3), { kind: 'tombstone', offset: 6 }])
    assert.deepEqual(await store.findOrder(2), [])
    assert.equal((await store.payments()).tally.paid, 1)
  })

  it('counts a batch once when its reply was lost', async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(paymentShard(), 'owner')
    const [fact, progress] = [paymentFact(anOrder(1), 0), progressTo(1)]
    await store.reserve(claim, [fact])
    await store.settle(claim, [settledAs(fact, 'PAID')], progress)
    await store.settle(claim, [settledAs(fact, 'PAID')], progress)
    assert.equal((await store.payments()).tally.paid, 1)
  })

  it("is filled from positions that are not its shard's", async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(paymentShard({ topic: 'payments', topicId: 'payments-1' }), 'owner')
    const fact = paymentFact(anOrder(1), 0, { shard: paymentShard({ partition: 7 }) })
    assert.deepEqual(await store.reserve(claim, [fact]), [charge])
    await store.settle(claim, [settledAs(fact, 'PAID')], progressTo(1))
    const [story] = await store.findOrder(1)
    const position = { topicId: 'topic-1', partition: 7, offset: 0 }
    assert.deepEqual(story?.payment?.ledger.payment, { status: 'PAID', position, atMs: noonMs })
  })

  it('keeps what operators decided, and repeats it', async (t) => {
    const store = await openFor(t, openers)
    const orders = await payer(store)
    const commands = await payer(store, retryShard())
    const held = [1, 2].map((id, offset) => paymentFact(anOrder(id), offset, { decision: 'HELD' }))
    await orders.pay(held)
    await orders.pay([paymentFact(anOrder(3), 2)], 'DECLINED')
    const given = [
      commandFact(anOrder(1), 0, 'release'),
      commandFact(anOrder(2), 1, 'reject'),
      commandFact(anOrder(3), 2, 'retry'),
      commandFact(anOrder(3), 3, 'release'),
    ]
    const declined = { ...paid, outcome: 'DECLINED', atMs: noonMs + 1 }
    assert.deepEqual(await commands.pay(given), [charge, declined, charge, { kind: 'duplicate' }])
    assert.deepEqual(await commands.pay(given, 'DECLINED'), [paid, declined, paid, { kind: 'duplicate' }])
    assert.deepEqual(await orders.pay([...held, paymentFact(anOrder(3), 2)]), [
      ...held.map((_, offset) => ({ ...paid, outcome: 'HELD', atMs: noonMs + offset })),
      { ...paid, outcome: 'DECLINED' },
    ])
    assert.deepEqual(await effectsOf(store, 1), ['PAID', 'HELD', 'release charge'])
    assert.deepEqual(await effectsOf(store, 2), ['DECLINED', 'HELD', 'reject rejected'])
    assert.deepEqual(await effectsOf(store, 3), ['PAID', 'charge', 'retry charge', 'release noted'])
    const { tally } = await store.payments()
    assert.deepEqual([tally.held, tally.declined, tally.paid, tally.duplicates], [2, 2, 2, 1])
  })

  it('is filled with what operators decided before the orders themselves', async (t) => {
    const store = await openFor(t, openers)
    const commands = await payer(store, retryShard())
    const orders = await payer(store)
    const decided = [...(['release', 'reject', 'retry'] as const).entries()].map(([offset, decision]) => {
      const fact = commandFact(anOrder(offset + 1), offset, decision)
      return asPublished(fact, decision === 'release' ? 'PAID' : 'DECLINED')
    })
    await commands.pay(decided)
    const before = [
      asPublished(paymentFact(anOrder(1), 0, { decision: 'HELD' }), 'HELD'),
      asPublished(paymentFact(anOrder(2), 1, { decision: 'HELD' }), 'HELD'),
      asPublished(paymentFact(anOrder(3), 2), 'DECLINED'),
    ].map((fact) => ({ ...fact, intent: { ...fact.intent, atMs: noonMs - 1 } }))
    await orders.pay(before)
    await orders.pay(before)
    assert.deepEqual(await effectsOf(store, 1), ['PAID', 'release charge', 'HELD'])
    assert.deepEqual(await effectsOf(store, 2), ['DECLINED', 'reject rejected', 'HELD'])
    assert.deepEqual(await effectsOf(store, 3), ['DECLINED', 'retry charge', 'charge'])
    const { tally } = await store.payments()
    assert.deepEqual([tally.held, tally.declined, tally.paid, tally.duplicates], [2, 3, 1, 0])
  })

  it('keeps the attempts that failed with the payment', async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(paymentShard(), 'owner')
    const facts = [paymentFact(anOrder(1), 0), paymentFact(anOrder(2), 1)] as const
    await store.reserve(claim, facts)
    const attempts = [{ atMs: noonMs - 5, reason: 'it answered 503' }]
    const [first, second] = [settledAs(facts[0], 'PAID', attempts), settledAs(facts[1], 'PAID')]
    await store.settle(claim, [first, second], progressTo(2))
    const [tried, untried] = [(await store.findOrder(1))[0], (await store.findOrder(2))[0]]
    assert.deepEqual(tried?.payment?.ledger.payment.attempts, attempts)
    assert.equal('attempts' in (untried?.payment?.ledger.payment ?? {}), false)
  })
}

async function effectsOf(store: OrderStore, orderId: number): Promise<readonly string[]> {
  const ledger = (await store.findOrder(orderId))[0]?.payment?.ledger
  const texts = ledger?.entries.map(({ effect, operator }) => (operator ? `${operator.decision} ${effect}` : effect))
  return [ledger?.payment.status ?? '', ...(texts ?? [])]
}

/** As it is read back from the group's own outputs. */
function asPublished(fact: PaymentRecord, recorded: 'PAID' | 'DECLINED' | 'HELD'): PaymentRecord {
  return { ...fact, intent: { ...fact.intent, recorded } }
}

function settledAs(
  fact: PaymentRecord,
  outcome: ChargeOutcome | 'HELD',
  attempts?: readonly FailedAttempt[],
): SettledFact {
  return { ...fact, answer: { kind: 'settled', outcome, atMs: noonMs, ...(attempts && { attempts }) } }
}

/** Reserves, charges with `outcome` and settles, as the payment service does. */
async function payer(store: OrderStore, shard: ShardKey = paymentShard()) {
  let claim = await store.claim(shard, 'payer')
  async function pay(facts: readonly PaymentFact[], outcome: ChargeOutcome = 'PAID') {
    const answers = await store.reserve(claim, facts)
    const settled = facts.flatMap((fact, index) => settledFact(fact, answers[index], outcome))
    const progress = progressTo(Math.max(...facts.map(({ offset }) => offset)) + 1)
    await store.settle(claim, settled, progress)
    claim = advance(claim, progress)
    return answers
  }
  return { pay, shard }
}

function settledFact(fact: PaymentFact, answer: PaymentAnswer | undefined, outcome: ChargeOutcome): SettledFact[] {
  if (fact.kind !== 'payment') return [fact]
  if (!answer) return []
  const settled: SettledAnswer = answer.kind === 'charge' ? { kind: 'settled', outcome, atMs: noonMs } : answer
  return [{ ...fact, answer: settled }]
}
