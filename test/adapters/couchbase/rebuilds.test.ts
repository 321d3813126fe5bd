import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { couchbaseConnection } from '../../../src/adapters/couchbase/couchbase-connection.ts'
import type { Keyspace } from '../../../src/adapters/couchbase/couchbase-keyspace.ts'
import { openKeyspaces, type Keyspaces } from '../../../src/adapters/couchbase/couchbase-keyspaces.ts'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import { identityOf } from '../../../src/domain/order.ts'
import { hasCode, type ErrorCode } from '../../../src/errors.ts'
import type { OrderFact } from '../../../src/ports/order-book.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { PaymentFact } from '../../../src/ports/payment-ledger.ts'
import type { RebuildStore } from '../../../src/ports/rebuilds.ts'
import { advance, type Claim } from '../../../src/ports/shards.ts'
import type { ViewFact } from '../../../src/ports/view-store.ts'
import { alertFact, letterFact } from '../../contract/order-store/views.ts'
import { bucketNames, freshBuckets, storeOptions } from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { opcodes, startWireProxy } from '../../support/couchbase/wire-proxy.ts'
import {
  anOrder,
  noonMs,
  orderFact,
  paymentFact,
  paymentShard,
  progressTo,
  shardKey,
  viewShard,
} from '../../support/order-facts.ts'

type Writable = Pick<OrderStore, keyof Omit<RebuildStore, 'shards'>>

const orders = [orderFact(anOrder(1), 0), orderFact(anOrder(2), 1)]
const payment = paymentFact(anOrder(1), 0)
const views: readonly ViewFact[] = [
  alertFact(1, 0),
  letterFact(1, { orderId: 1 }),
  { kind: 'redrive', offset: 2, letterId: 'unknown', redriven: redrivenAt(5) },
]

function redrivenAt(offset: number) {
  return { atMs: noonMs, job: 'job', topic: 'orders.analytics-group.retry', partition: 0, offset }
}

/** Everything that a generation has, as the log has it. */
async function applyAll(store: Writable): Promise<readonly Claim[]> {
  const [analytics, ledger, view] = await Promise.all(
    [shardKey(), paymentShard(), viewShard()].map((shard) => store.claim(shard, 'owner')),
  )
  assert.ok(analytics && ledger && view)
  await store.applyOrders(analytics, orders, progressTo(2))
  await store.reserve(ledger, [payment])
  await store.settle(
    ledger,
    [{ ...payment, answer: { kind: 'settled', outcome: 'PAID', atMs: noonMs } }],
    progressTo(1),
  )
  await store.applyViews(view, views, progressTo(3))
  return [advance(analytics, progressTo(2)), advance(ledger, progressTo(1)), advance(view, progressTo(3))]
}

async function pictureOf(store: OrderStore) {
  const page = { limit: 9 }
  return {
    totals: await store.totals(),
    payments: await store.payments(),
    views: await store.viewCounts(),
    series: await store.series({ fromMs: 0, toMs: 1e15 }),
    stories: await Promise.all([1, 2].map((id) => store.findOrder(id))),
    orders: await store.searchOrders({ sort: 'newest', ...page }),
    listed: await Promise.all([store.searchPayments(page), store.searchAlerts(page), store.searchDeadLetters(page)]),
  }
}

describe('couchbase: generations', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(8) }))

  async function openBehindProxy(t: TestContext) {
    const proxy = await startWireProxy(take())
    const open = () => {
      const store = openCouchbaseStore(storeOptions(proxy))
      t.after(() => store.close())
      return store
    }
    t.after(() => proxy.close())
    return { proxy, open, store: open() }
  }

  it('are the same after a rebuild from the same log, and every claim from before is fenced', async (t) => {
    const { store, open } = await openBehindProxy(t)
    const [claim] = await applyAll(store)
    const other = open()
    const [before, elsewhere] = [await pictureOf(store), await pictureOf(other)]
    assert.deepEqual(elsewhere, before)
    const rebuild = await store.openRebuild('one')
    await applyAll(rebuild)
    const version = await other.version()
    const epochs = new Map((await store.shards()).map(({ shard, epoch }) => [shard.group, epoch]))
    await store.switchTo('one')
    await store.switchTo('one')
    assert.equal(await other.generation(), 'one')
    assert.deepEqual(await pictureOf(store), before)
    assert.deepEqual(await pictureOf(other), before)
    assert.notEqual(await other.version(), version)
    for (const { shard, epoch } of await other.shards()) assert.ok(epoch > (epochs.get(shard.group) ?? Infinity))
    assert.ok(claim)
    for (const late of [store, other]) {
      const applied = late.applyOrders(claim, [orderFact(anOrder(3), 2)], progressTo(3, 2))
      await assert.rejects(applied, isCode('FENCED'))
    }
    const again = await other.claim(shardKey(), 'owner')
    assert.deepEqual([again.from, again.next], [0, 2])
    await other.applyOrders(again, [orderFact(anOrder(3), 2)], progressTo(3, 2))
    assert.equal((await store.totals()).totals.overall.orderCount, 3)
  })

  it('hold nothing of each other, until one becomes live', async (t) => {
    const { store } = await openBehindProxy(t)
    await applyAll(store)
    const before = await pictureOf(store)
    const rebuild = await store.openRebuild('one')
    const claim = await rebuild.claim(viewShard(), 'rebuild')
    await rebuild.applyViews(claim, [letterFact(0, { offset: 77, code: 'OTHER' })], progressTo(1))
    assert.deepEqual(await pictureOf(store), before)
    assert.deepEqual(
      (await rebuild.shards()).map(({ shard, next, views: counts }) => [shard.group, next, counts?.deadLetters]),
      [[viewShard().group, 1, 1]],
    )
    await store.switchTo('one')
    assert.deepEqual(await store.viewCounts(), { alerts: 0, deadLetters: 1, redriven: 0 })
    assert.deepEqual(
      (await store.searchDeadLetters({ limit: 9 })).items.map(({ code }) => code),
      ['OTHER'],
    )
    assert.deepEqual((await store.findOrder(1))[0]?.deadLetters, [])
    // What it has not read yet is named, so that it shows.
    const nexts = new Map((await store.shards()).map(({ shard, next }) => [shard.group, next]))
    const expected = [shardKey(), paymentShard()].map(({ group }) => [group, 0] as const)
    assert.deepEqual(nexts, new Map([...expected, [viewShard().group, 1]]))
    await assert.rejects(store.switchTo(''), isCode('NOT_FOUND'))
  })

  it('leave no document behind when they are removed or another takes their place', async (t) => {
    const { proxy, store } = await openBehindProxy(t)
    await applyAll(store)
    await applyAll(await store.openRebuild('one'))
    await applyAll(await store.openRebuild('two'))
    const shared = [...proxy.documents().keys()].filter(isShared)
    await assert.rejects(store.dropRebuild(''), isCode('REQUEST_INVALID'))
    await store.dropRebuild('one')
    await store.switchTo('two')
    const live = await pictureOf(store)
    await store.dropRebuild('never')
    assert.deepEqual(await pictureOf(store), live)
    const keys = [...proxy.documents().keys()]
    assert.deepEqual(keys.filter(isShared), shared)
    const left = keys.filter((key) => !isShared(key) && !/:~2\//.test(key))
    // The letter of that redrive was never read.
    assert.deepEqual(
      left.filter((key) => !key.endsWith('/redrive')),
      ['ordermill:shards:generations'],
    )
    await assert.rejects(store.switchTo('one'), isCode('NOT_FOUND'))
  })

  it('are told by nobody who works in one that was removed', async (t) => {
    const { store } = await openBehindProxy(t)
    const rebuild = await store.openRebuild('one')
    const claim = await rebuild.claim(shardKey(), 'rebuild')
    await store.dropRebuild('one')
    const isGone = isCode('NOT_FOUND')
    await assert.rejects(rebuild.applyOrders(claim, orders, progressTo(2)), isGone)
    await assert.rejects(rebuild.claim(shardKey(), 'rebuild'), isGone)
    assert.deepEqual(await (await store.openRebuild('one')).shards(), [])
  })

  it('fence a batch whose swap was answered when another was live already', async (t) => {
    const { proxy, store, open } = await openBehindProxy(t)
    const other = open()
    await applyAll(await other.openRebuild('one'))
    const claim = await store.claim(shardKey(), 'owner')
    const facts = [...orders, orderFact(anOrder(3), 2)]
    const isShard = (key: string) => key === 'ordermill:shards:analytics-group/topic-1-0'
    const swap = proxy.holdReply({ opcode: opcodes.replace, key: isShard })
    const refused = assert.rejects(store.applyOrders(claim, facts, progressTo(3)), isCode('FENCED'))
    await swap.struck
    await other.switchTo('one')
    swap.release()
    await refused
    assert.equal((await store.totals()).totals.overall.orderCount, 2)
    const next = await store.claim(shardKey(), 'owner')
    await store.applyOrders(next, facts.slice(next.next), progressTo(3, 2))
    assert.equal((await store.totals()).totals.overall.orderCount, 3)
  })

  it('answer in one of them alone, while they are switched and removed', async (t) => {
    const { store, open } = await openBehindProxy(t)
    await applyAll(store)
    const before = await pictureOf(store)
    const reader = open()
    const over = new AbortController()
    const read = async () => {
      const pictures = []
      while (!over.signal.aborted) pictures.push(await pictureOf(reader))
      return pictures
    }
    const reading = read()
    const ids = ['one', 'two', 'three', 'four']
    for (const id of ids) {
      await applyAll(await store.openRebuild(id))
      await store.switchTo(id)
    }
    over.abort()
    const pictures = await reading
    assert.ok(pictures.length > ids.length)
    for (const picture of pictures) assert.deepEqual(picture, before)
  })

  it('put right what is shared and damaged, in the place of every record', async (t) => {
    const { proxy, store } = await openBehindProxy(t)
    const reused = anOrder(9)
    const facts = [
      ...orders,
      orderFact(anOrder(1, { status: 'CONFIRMED' }), 2),
      orderFact(reused, 3, { identity: identityOf(reused, 'replace') }),
    ]
    await applyRecorded(store, facts)
    const before = await pictureOf(store)
    const whole = new Map([...proxy.documents()].filter(([key]) => isShared(key)))
    const connection = couchbaseConnection(storeOptions(proxy))
    t.after(() => connection.close())
    await damage(openKeyspaces(connection, storeOptions(proxy)))
    assert.notDeepEqual(await pictureOf(store), before)
    const answers = await applyRecorded(await store.openRebuild('one'), facts)
    assert.deepEqual(
      answers.map((answer) => answer?.kind),
      ['first', 'first', 'status-change', 'first'],
    )
    await store.switchTo('one')
    assert.deepEqual(await pictureOf(store), before)
    const repaired = new Map([...proxy.documents()].filter(([key]) => isShared(key)))
    assert.deepEqual(repaired, whole)
  })
})

const isShared = (key: string) => /^\d+$/.test(key) || /:(orders|payments|intake):/.test(key)
const isCode = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

/** Orders, and a payment whose outcome was published. */
async function applyRecorded(store: Writable, facts: readonly OrderFact[]) {
  const claim = await store.claim(shardKey(), 'owner')
  const answers = await store.applyOrders(claim, facts, progressTo(facts.length))
  const recorded: PaymentFact = { ...payment, intent: { ...payment.intent, recorded: 'PAID' } }
  const ledger = await store.claim(paymentShard(), 'owner')
  await store.reserve(ledger, [recorded])
  const settled = { ...recorded, answer: { kind: 'settled', outcome: 'PAID', atMs: payment.intent.atMs } } as const
  await store.settle(ledger, [settled], progressTo(1))
  return answers
}

async function damage({ orders: states, payments, documents }: Keyspaces): Promise<void> {
  const change = async (keyspace: Keyspace, key: string, [from, to]: readonly [string, string]) => {
    const stored = await keyspace.get(key)
    assert.ok(stored && stored.text.includes(from), `${key} has ${from}`)
    assert.ok(await keyspace.replace(key, stored.text.replace(from, to), stored.cas))
  }
  await change(states, '1', ['"amountMinor":1001', '"amountMinor":7'])
  await change(states, '1', ['"logMs":', '"logMs":1'])
  await states.remove('2')
  await change(states, `9@${noonMs}`, ['"document":"', '"document":"other'])
  await documents.remove('1')
  await change(documents, '2', ['"country":"US"', '"country":"DE"'])
  await change(payments, '1', ['"status":"PAID"', '"status":"DECLINED"'])
  await change(payments, '1', ['"status":"PAID"', '"status":"DECLINED"'])
}
