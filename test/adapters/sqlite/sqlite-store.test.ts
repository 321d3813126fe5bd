import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { checkSqliteStore } from '../../../src/adapters/sqlite/sqlite-store-check.ts'
import { openStoreDatabase } from '../../../src/adapters/sqlite/sqlite-store-database.ts'
import { sqliteIntake } from '../../../src/adapters/sqlite/sqlite-store-intake.ts'
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.ts'
import { hasCode, type ErrorCode } from '../../../src/errors.ts'
import type { OrderQuery } from '../../../src/ports/order-queries.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import { describeOrderStoreContract } from '../../contract/order-store.contract.ts'
import { closedAfter, orderWriter } from '../../contract/order-store/open-store.ts'
import { alertFact, applyViews } from '../../contract/order-store/views.ts'
import { anOrder, noonMs, orderFact, paymentFact, paymentShard, progressTo } from '../../support/order-facts.ts'
import { tempDir } from '../../support/temp.ts'

describeOrderStoreContract('sqlite', async (t) => {
  const file = join(await tempDir(t), 'store.db')
  return () => Promise.resolve(openSqliteStore({ file }))
})

it('sqlite: a minute beyond its 64 bits is summed exactly', async (t) => {
  const store = closedAfter(t, openSqliteStore({ file: join(await tempDir(t), 'store.db') }))
  const { apply } = await orderWriter(store)
  const amount = { currency: 'USD', minor: 99_999_999_999_999 }
  const [batches, batchOrders] = [20, 5_000]
  for (let batch = 0; batch < batches; batch += 1) {
    const offsets = Array.from({ length: batchOrders }, (_, n) => batch * batchOrders + n)
    await apply(...offsets.map((offset) => orderFact(anOrder(offset + 1, { amount }), offset)))
  }
  const sales = BigInt(amount.minor) * BigInt(batches * batchOrders)
  assert.ok(sales > 2n ** 63n)
  assert.equal((await store.series({ fromMs: 0, toMs: 1e15 }))[0]?.salesMinor, sales)
  assert.equal((await store.totals()).totals.overall.sales.get('USD'), sales)
})

describe('sqlite: store file', () => {
  it('is sound after a normal life', async (t) => {
    const file = await lived(t)
    assert.deepEqual(await checkSqliteStore(file), [])
  })

  it('says what is missing when counted orders, payments or views are gone', async (t) => {
    const file = await lived(t)
    const db = new DatabaseSync(file)
    db.exec('DELETE FROM orders WHERE order_id = 2; DELETE FROM ledger; DELETE FROM alerts')
    db.close()
    assert.deepEqual(await checkSqliteStore(file), [
      '2 orders were counted, and 1 are stored',
      'orders: 20.03 USD were counted, and 10.01 are stored',
      '1 paid orders were counted, and 0 are stored',
      'paid orders: 10.01 USD were counted, and 0.00 are stored',
      '1 alerts were counted, and 0 are stored',
    ])
  })

  it('says that a file is no store', async (t) => {
    const file = join(await tempDir(t), 'store.db')
    await writeFile(file, 'x'.repeat(100_000))
    assert.match((await checkSqliteStore(file)).join(), /store\.db is damaged: it is no SQLite database/)
    assert.throws(() => openSqliteStore({ file }), isCode('DATA_CORRUPT'))
  })

  // What version 1 made had neither redrives nor generations, and another index of an order's letters.
  it('brings a file of version 1 up to date in place, and tells readers to wait for that', async (t) => {
    const file = await lived(t)
    const db = new DatabaseSync(file)
    db.exec(`
      DROP TABLE redrives; DROP TABLE generations; DROP INDEX dead_letters_order;
      CREATE INDEX dead_letters_order ON dead_letters (order_id) WHERE order_id IS NOT NULL;
      INSERT INTO dead_letters VALUES ('old', 1, 7, 'g', 'RECORD_INVALID', '{"group":"g","orderId":7}');
      UPDATE shards SET views = '{"alerts":1,"deadLetters":1}' WHERE views IS NOT NULL;
      PRAGMA user_version = 1`)
    db.close()
    assert.throws(
      () => openSqliteStore({ file, readOnly: true }),
      (error) => isCode('STORE_UNAVAILABLE')(error) && /older version/.test(String(error)),
    )
    const store = closedAfter(t, openSqliteStore({ file }))
    const reader = closedAfter(t, openSqliteStore({ file, readOnly: true }))
    const letter = await reader.findDeadLetter('old')
    assert.deepEqual([letter?.redriveCount, letter?.redriven], [0, null])
    assert.deepEqual(await reader.viewCounts(), { alerts: 1, deadLetters: 1, redriven: 0 })
    await store.openRebuild('r1')
    await store.switchTo('r1')
    assert.equal(await reader.generation(), 'r1')
    assert.deepEqual(await reader.viewCounts(), { alerts: 0, deadLetters: 0, redriven: 0 })
  })

  it('refuses a file of a newer version, and does not touch it', async (t) => {
    const file = await lived(t)
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version = 99')
    db.close()
    assert.throws(
      () => openSqliteStore({ file }),
      (error) => isCode('DATA_CORRUPT')(error) && /version 99/.test(String(error)),
    )
  })

  it('can be opened by a reader beside its writer, which can not write', async (t) => {
    const file = join(await tempDir(t), 'store.db')
    assert.throws(() => openSqliteStore({ file, readOnly: true }), isCode('STORE_UNAVAILABLE'))
    const store = closedAfter(t, openSqliteStore({ file }))
    const reader = closedAfter(t, openSqliteStore({ file, readOnly: true }))
    await (await orderWriter(store)).apply(orderFact(anOrder(1), 0))
    assert.equal((await reader.totals()).totals.overall.orderCount, 1)
    assert.equal((await reader.searchOrders({ sort: 'newest', limit: 5 })).items.length, 1)
    await assert.rejects(reader.reserveOrderIds(1), isCode('STORE_UNAVAILABLE'))
  })

  it('keeps answers up to a number of bytes, and drops the oldest keys beyond', async (t) => {
    const db = openStoreDatabase(join(await tempDir(t), 'store.db'), {})
    t.after(() => db.close())
    const intake = sqliteIntake(db, { keysMax: 3, answersBytesMax: 250 })
    const request = { principal: 'p', fingerprint: 'f', idsNeeded: 0, atMs: noonMs }
    const answerOf = async (key: string) => (await intake.remember({ ...request, key })).response
    const take = async (key: string, bytes: number) => {
      await answerOf(key)
      await intake.complete('p', key, 'x'.repeat(bytes))
      await intake.complete('p', key, 'again')
    }
    await take('a', 100)
    await take('b', 100)
    assert.equal((await answerOf('a'))?.length, 100)
    await take('c', 100)
    assert.deepEqual(
      db
        .prepare('SELECT idempotency_key AS k FROM requests')
        .all()
        .map(({ k }) => k),
      ['b', 'c'],
    )
    await take('d', 1)
    await take('e', 1)
    assert.deepEqual(
      db
        .prepare('SELECT idempotency_key AS k FROM requests')
        .all()
        .map(({ k }) => k),
      ['c', 'd', 'e'],
    )
    assert.equal(db.prepare("SELECT value FROM counters WHERE name = 'answers_bytes'").get()?.['value'], 102)
  })

  it('writes nothing for an id that it was told of before', async (t) => {
    const db = openStoreDatabase(join(await tempDir(t), 'store.db'), {})
    t.after(() => db.close())
    const intake = sqliteIntake(db)
    for (const id of [9, 9, 4]) await intake.noteOrderIds(id)
    assert.equal(db.writes(), 1)
  })

  it('is unavailable while another process holds the write lock, and goes on behind it', async (t) => {
    const file = join(await tempDir(t), 'store.db')
    const store = closedAfter(t, openSqliteStore({ file, busyTimeoutMs: 10 }))
    const { apply } = await orderWriter(store)
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    await assert.rejects(apply(orderFact(anOrder(1), 0)), isCode('STORE_UNAVAILABLE'))
    assert.equal((await store.totals()).totals.overall.orderCount, 0, 'reads do not wait')
    other.close()
    assert.deepEqual(await apply(orderFact(anOrder(1), 0)), [{ kind: 'first' }])
  })

  it('applies all of a batch or nothing', async (t) => {
    const file = join(await tempDir(t), 'store.db')
    const store = closedAfter(t, openSqliteStore({ file }))
    const { apply } = await orderWriter(store)
    const saboteur = new DatabaseSync(file)
    saboteur.exec("CREATE TRIGGER fail BEFORE UPDATE ON shards BEGIN SELECT RAISE(ABORT, 'no'); END")
    await assert.rejects(apply(orderFact(anOrder(1), 0)), isCode('INTERNAL'))
    assert.deepEqual(await store.findOrder(1), [])
    assert.deepEqual(await store.series({ fromMs: 0, toMs: 1e15 }), [])
    saboteur.exec('DROP TRIGGER fail')
    saboteur.close()
    assert.deepEqual(await apply(orderFact(anOrder(1), 0)), [{ kind: 'first' }])
    assert.deepEqual(await checkSqliteStore(file), [])
  })

  it('drops minutes of the series that are too old, and nothing else', async (t) => {
    const file = join(await tempDir(t), 'store.db')
    let nowMs = noonMs
    const store = closedAfter(t, openSqliteStore({ file, seriesRetentionMs: 60 * 60_000, now: () => nowMs }))
    const { apply } = await orderWriter(store)
    const at = (id: number, createdAtMs: number) => orderFact(anOrder(id, { createdAtMs }), id)
    const minutes = async () => (await store.series({ fromMs: 0, toMs: 1e15 })).map(({ startMs }) => startMs)
    const minuteOf = (atMs: number) => atMs - (atMs % 60_000)
    await apply(at(1, noonMs - 2 * 60 * 60_000), at(2, noonMs - 59 * 60_000), at(3, noonMs))
    assert.deepEqual(await minutes(), [minuteOf(noonMs - 59 * 60_000), minuteOf(noonMs)])
    nowMs += 30 * 60_000
    await apply(at(4, nowMs))
    assert.deepEqual(await minutes(), [minuteOf(noonMs), minuteOf(nowMs)])
    assert.equal((await store.totals()).totals.overall.orderCount, 4)
  })

  it('merges the eras of its indexes: every order once and in order', async (t) => {
    const store = closedAfter(t, openSqliteStore({ file: join(await tempDir(t), 'store.db') }))
    const { apply } = await orderWriter(store)
    const [batches, each] = [9, 4_096]
    // Mostly growing: then an era gives more of a page than its share.
    const minorOf = (id: number) => id + ((id * 7919) % 501)
    for (let batch = 0; batch < batches; batch += 1) {
      const ids = Array.from({ length: each }, (_, n) => batch * each + n + 1)
      await apply(
        ...ids.map((id) =>
          orderFact(anOrder(id, { customerId: id % 50, amount: { currency: 'USD', minor: minorOf(id) } }), id),
        ),
      )
    }
    const amounts = await idsOf(store, { sort: 'amount_asc', currency: 'USD', limit: 5_000 })
    const all = Array.from({ length: batches * each }, (_, n) => n + 1)
    assert.deepEqual(
      amounts,
      all.toSorted((a, b) => minorOf(a) - minorOf(b) || a - b),
    )
    const mine = await idsOf(store, { sort: 'newest', customerId: 7, country: 'US', limit: 40 })
    assert.deepEqual(mine, all.filter((id) => id % 50 === 7).toReversed())
  })
})

async function idsOf(store: OrderStore, query: OrderQuery): Promise<readonly number[]> {
  const ids: number[] = []
  let page = await store.searchOrders(query)
  for (;;) {
    ids.push(...page.items.map(({ orderId }) => orderId))
    if (page.nextCursor === null) return ids
    page = await store.searchOrders({ ...query, cursor: page.nextCursor })
  }
}

function isCode(code: ErrorCode) {
  return (error: unknown) => hasCode(error, code)
}

/** A file with two orders, one of them paid, and an alert. */
async function lived(t: TestContext): Promise<string> {
  const file = join(await tempDir(t), 'store.db')
  const store = openSqliteStore({ file })
  await (await orderWriter(store)).apply(orderFact(anOrder(1), 0), orderFact(anOrder(2), 1))
  const claim = await store.claim(paymentShard(), 'payer')
  const fact = paymentFact(anOrder(1), 0)
  await store.reserve(claim, [fact])
  const answer = { kind: 'settled', outcome: 'PAID', atMs: noonMs } as const
  await store.settle(claim, [{ ...fact, answer }], progressTo(1))
  await applyViews(store, [alertFact(1, 0)])
  await store.close()
  return file
}
