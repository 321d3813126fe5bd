import assert from 'node:assert/strict'
import { it } from 'node:test'
import { hasCode } from '../../../src/errors.ts'
import type { DeadLetterQuery, OrderQuery, OrderSort, Page, PageQuery } from '../../../src/ports/order-queries.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import { anOrder, noonMs, orderFact, paymentFact, paymentShard, progressTo } from '../../support/order-facts.ts'
import { openFor, orderWriter, type StoreCapabilities, type StoreOpeners } from './open-store.ts'
import { alertFact, applyViews, letterFact } from './views.ts'

const countries = ['US', 'DE', 'IN']
const statuses = ['CREATED', 'CONFIRMED', 'CANCELLED'] as const
const orders = Array.from({ length: 36 }, (_, index) =>
  anOrder(((index * 7) % 36) + 1, {
    customerId: 1000 + (index % 4),
    amount: { currency: index % 6 === 5 ? 'EUR' : 'USD', minor: 1000 + ((index * 11) % 36) },
    country: countries[index % 3] ?? 'US',
    status: statuses[index % 3 === 0 ? index % 2 : 2] ?? 'CREATED',
    createdAtMs: noonMs + index * 1000,
  }),
)
/** Log time disagrees with offsets and event time, and repeats. */
const timeOf = (index: number) => noonMs - Math.floor(index / 5) * 10

async function filled(store: OrderStore): Promise<OrderStore> {
  for (const partition of [0, 1]) {
    const { apply } = await orderWriter(store, { partition })
    const mine = orders.flatMap((order, index) =>
      index % 2 === partition ? [orderFact(order, index, { timestampMs: timeOf(index) })] : [],
    )
    await apply(...mine)
  }
  return store
}

/** Every page, with `between` run before each next one. */
async function walk<Item>(
  search: (query: PageQuery) => Promise<Page<Item>>,
  limit: number,
  between?: () => Promise<unknown>,
) {
  const items: Item[] = []
  let page = await search({ limit })
  for (let pages = 1; ; pages += 1) {
    assert.ok(page.items.length <= limit)
    assert.ok(pages < 1000, 'a cursor must end')
    items.push(...page.items)
    if (page.nextCursor === null) return items
    await between?.()
    page = await search({ limit, cursor: page.nextCursor })
  }
}

/** In pages of one; the oldest first are the same letters. */
async function letterOffsets(store: OrderStore, query: Omit<DeadLetterQuery, 'limit'>): Promise<readonly number[]> {
  const offsets = async (sort: DeadLetterQuery['sort']) => {
    const items = await walk((page) => store.searchDeadLetters({ ...query, ...page, ...(sort && { sort }) }), 1)
    return items.map(({ offset }) => offset)
  }
  const newestFirst = await offsets(undefined)
  assert.deepEqual((await offsets('oldest')).toReversed(), newestFirst)
  return newestFirst
}

const sorted: Readonly<Record<OrderSort, readonly number[]>> = {
  newest: idsBy((index) => [-timeOf(index), -(index % 2), -index]),
  oldest: idsBy((index) => [timeOf(index), index % 2, index]),
  amount_desc: idsBy((index) => [-minorOf(index)]).filter(inDollars),
  amount_asc: idsBy((index) => [minorOf(index)]).filter(inDollars),
  order_id_desc: idsBy((index) => [-idOf(index)]),
  order_id_asc: idsBy((index) => [idOf(index)]),
}

function idsBy(keyOf: (index: number) => readonly number[]): readonly number[] {
  const rows = orders.map((order, index) => ({ id: order.id, key: keyOf(index) }))
  return rows
    .toSorted((a, b) => a.key.map((part, at) => part - (b.key[at] ?? 0)).find((by) => by !== 0) ?? 0)
    .map(({ id }) => id)
}

function idOf(index: number): number {
  return orders[index]?.id ?? 0
}

function minorOf(index: number): number {
  return orders[index]?.amount.minor ?? 0
}

function inDollars(id: number): boolean {
  return orders.find((order) => order.id === id)?.amount.currency === 'USD'
}

const currencyOf = (sort: OrderSort) => (sort.startsWith('amount') ? { currency: 'USD' } : {})

export function testQueries(plain: StoreOpeners, { search }: StoreCapabilities): void {
  const skip = typeof search === 'string' ? `no search: ${search}` : false
  const openers = typeof search === 'function' ? search : plain

  it('walks every sort in its order, in pages of any size', { skip }, async (t) => {
    const store = await filled(await openFor(t, openers))
    for (const [sort, expected] of Object.entries(sorted)) {
      const query = { sort: sort as OrderSort, ...currencyOf(sort as OrderSort) }
      for (const limit of [1, 5, 36, 1000]) {
        const items = await walk((page) => store.searchOrders({ ...query, ...page }), limit)
        assert.deepEqual(
          items.map(({ orderId }) => orderId),
          expected,
          `${sort} by ${limit}`,
        )
      }
    }
  })

  it('filters by every condition, and by all together', { skip }, async (t) => {
    const store = await filled(await openFor(t, openers))
    const ids = async (query: Omit<OrderQuery, 'sort' | 'limit'>) => {
      const items = await walk((page) => store.searchOrders({ sort: 'newest', ...query, ...page }), 7)
      return items.map(({ orderId }) => orderId).toSorted((a, b) => a - b)
    }
    const matching = (test: (order: (typeof orders)[number]) => boolean) =>
      orders
        .filter(test)
        .map(({ id }) => id)
        .toSorted((a, b) => a - b)
    assert.deepEqual(
      await ids({ country: 'DE' }),
      matching(({ country }) => country === 'DE'),
    )
    assert.deepEqual(
      await ids({ status: 'CANCELLED' }),
      matching(({ status }) => status === 'CANCELLED'),
    )
    assert.deepEqual(
      await ids({ currency: 'EUR' }),
      matching(({ amount }) => amount.currency === 'EUR'),
    )
    assert.deepEqual(
      await ids({ customerId: 1002 }),
      matching(({ customerId }) => customerId === 1002),
    )
    assert.deepEqual(await ids({ country: "' OR 1=1 --" }), [])
    const range = { createdFromMs: noonMs + 3000, createdToMs: noonMs + 9000 }
    assert.deepEqual(
      await ids(range),
      matching((o) => o.createdAtMs >= noonMs + 3000 && o.createdAtMs < noonMs + 9000),
    )
    const amounts = { currency: 'USD', amountMinorMin: 1005, amountMinorMax: 1020 }
    const inRange = ({ amount }: (typeof orders)[number]) =>
      amount.currency === 'USD' && amount.minor >= 1005 && amount.minor <= 1020
    assert.deepEqual(await ids(amounts), matching(inRange))
    const all = { ...amounts, country: 'US', status: 'CREATED', customerId: 1000, createdFromMs: noonMs } as const
    const allOf = matching((o) => inRange(o) && o.country === 'US' && o.status === 'CREATED' && o.customerId === 1000)
    assert.deepEqual(await ids(all), allOf)
    assert.ok(allOf.length > 0)
  })

  it('finds an order by its newest status', { skip }, async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    await apply(orderFact(anOrder(1), 0), orderFact({ ...anOrder(1), status: 'CANCELLED' }, 1))
    const by = (status: 'CREATED' | 'CANCELLED') => store.searchOrders({ sort: 'newest', limit: 5, status })
    assert.equal((await by('CREATED')).items.length, 0)
    assert.equal((await by('CANCELLED')).items[0]?.status, 'CANCELLED')
  })

  it('walks everything that was there exactly once while new orders arrive', { skip }, async (t) => {
    for (const sort of Object.keys(sorted) as OrderSort[]) {
      const store = await filled(await openFor(t, openers))
      const { apply } = await orderWriter(store, { partition: 5 })
      let offset = 0
      const arrive = () => {
        const fresh = anOrder(100 + offset, { amount: { currency: 'USD', minor: 1000 + (offset % 40) } })
        offset += 1
        return apply(orderFact(fresh, offset, { timestampMs: noonMs + (offset % 3) * 1000 - 50 }))
      }
      const query = { sort, ...currencyOf(sort) }
      const items = await walk((page) => store.searchOrders({ ...query, ...page }), 4, arrive)
      const ids = items.map(({ orderId }) => orderId)
      assert.equal(new Set(ids).size, ids.length, `${sort} gave an order twice`)
      assert.deepEqual(
        ids.filter((id) => id < 100),
        sorted[sort],
      )
    }
  })

  it('refuses a malformed cursor, and one of another query', { skip }, async (t) => {
    const store = await filled(await openFor(t, openers))
    const query = { sort: 'newest', limit: 3 } as const
    const cursor = (await store.searchOrders(query)).nextCursor ?? ''
    const isInvalid = (error: unknown) => hasCode(error, 'REQUEST_INVALID')
    const foreign: OrderQuery[] = [
      { ...query, sort: 'oldest', cursor },
      { ...query, country: 'DE', cursor },
      { ...query, cursor: '' },
      { ...query, cursor: 'x' },
      { ...query, cursor: cursor.slice(0, -4) },
      { ...query, cursor: Buffer.from('["orders&sort=newest",{}]').toString('base64url') },
      { ...query, cursor: Buffer.from('null').toString('base64url') },
    ]
    for (const bad of foreign) await assert.rejects(store.searchOrders(bad), isInvalid, JSON.stringify(bad))
    await assert.rejects(store.searchPayments({ limit: 3, cursor }), isInvalid)
    await assert.rejects(store.searchAlerts({ limit: 3, cursor }), isInvalid)
    await assert.rejects(store.searchDeadLetters({ limit: 3, cursor }), isInvalid)
    assert.equal((await store.searchOrders({ ...query, limit: 2, cursor })).items.length, 2)
  })

  it('refuses to compare amounts of different currencies', { skip }, async (t) => {
    const store = await openFor(t, openers)
    const isInvalid = (error: unknown) => hasCode(error, 'REQUEST_INVALID')
    await assert.rejects(store.searchOrders({ sort: 'amount_asc', limit: 1 }), isInvalid)
    await assert.rejects(store.searchOrders({ sort: 'newest', limit: 1, amountMinorMin: 5 }), isInvalid)
  })

  it('bounds what one page looks at, and goes on behind it', { skip }, async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    const rows = 12_000
    const facts = Array.from({ length: rows }, (_, n) =>
      orderFact(anOrder(n + 1, { country: n === 0 || n === 1_999 ? 'DE' : 'US' }), n),
    )
    await apply(...facts)
    const search = (page: PageQuery) => store.searchOrders({ sort: 'newest', country: 'DE', ...page })
    const first = await search({ limit: 10 })
    assert.equal(first.items.length, 0)
    assert.notEqual(first.nextCursor, null)
    const items = await walk(search, 10)
    assert.deepEqual(
      items.map(({ orderId }) => orderId),
      [2_000, 1],
    )
  })

  it('pages payments newest first, by outcome too', { skip }, async (t) => {
    const store = await openFor(t, openers)
    const claim = await store.claim(paymentShard(), 'payer')
    const facts = Array.from({ length: 9 }, (_, n) =>
      paymentFact(anOrder(n + 1), n, n % 3 === 0 ? { decision: 'SKIPPED' } : {}),
    )
    await store.reserve(claim, facts)
    const paid = facts.slice(0, 5).map((fact, n) => ({
      ...fact,
      answer: { kind: 'settled', outcome: n % 3 === 0 ? 'SKIPPED' : 'PAID', atMs: noonMs + 99 } as const,
    }))
    await store.settle(claim, paid, progressTo(5))
    const ids = async (outcome?: 'PAID' | 'PENDING' | 'SKIPPED') => {
      const items = await walk((page) => store.searchPayments({ ...page, ...(outcome ? { outcome } : {}) }), 2)
      return items.map(({ orderId }) => orderId)
    }
    assert.deepEqual(await ids(), [9, 8, 7, 6, 5, 4, 3, 2, 1])
    assert.deepEqual(await ids('PAID'), [5, 3, 2])
    assert.deepEqual(await ids('SKIPPED'), [7, 4, 1])
    assert.deepEqual(await ids('PENDING'), [9, 8, 6])
    const [payment] = (await store.searchPayments({ limit: 1, outcome: 'PAID' })).items
    assert.deepEqual(payment, (await store.findOrder(5))[0]?.payment)
    assert.equal(payment?.timestampMs, noonMs + 4)
  })

  it('pages alerts newest first, and dead letters that way or the other', { skip }, async (t) => {
    const store = await openFor(t, openers)
    const letters = [3, 4, 5, 6].map((offset) =>
      letterFact(offset, offset % 2 === 0 ? { group: 'payments-group', code: 'ORDER_ID_CONFLICT' } : {}),
    )
    await applyViews(store, [alertFact(5, 0), alertFact(4, 1), alertFact(6, 2), ...letters])
    const alerts = await walk((page) => store.searchAlerts(page), 2)
    assert.deepEqual(
      alerts.map(({ alert }) => alert.orderId),
      [6, 4, 5],
    )
    await applyViews(store, [alertFact(7, 3, 5), alertFact(7, 3, 6)], 1)
    const both = await walk((page) => store.searchAlerts(page), 1)
    assert.equal(both.filter(({ alert }) => alert.orderId === 7).length, 2)
    assert.deepEqual(alerts[0], { timestampMs: noonMs + 2, alert: alertFact(6, 2).alert })
    const offsets = (query: Omit<DeadLetterQuery, 'limit'>) => letterOffsets(store, query)
    assert.deepEqual(await offsets({}), [6, 5, 4, 3])
    assert.deepEqual(await offsets({ group: 'payments-group' }), [6, 4])
    assert.deepEqual(await offsets({ code: 'RECORD_INVALID', group: 'analytics-group' }), [5, 3])
    assert.deepEqual(await offsets({ code: 'RECORD_INVALID', group: 'payments-group' }), [])
  })

  it('finds dead letters by time, order and state', { skip }, async (t) => {
    const store = await openFor(t, openers)
    await applyViews(store, [
      letterFact(3, { orderId: 7 }),
      letterFact(4),
      letterFact(5, { orderId: 7 }),
      letterFact(6),
    ])
    const found = (query: Omit<DeadLetterQuery, 'limit'>) => letterOffsets(store, query)
    assert.deepEqual(await found({ fromMs: noonMs + 4, toMs: noonMs + 6 }), [5, 4])
    assert.deepEqual(await found({ orderId: 7 }), [5, 3])
    const [newest] = (await store.searchDeadLetters({ limit: 1 })).items
    const redriven = { atMs: noonMs, job: 'j', topic: 'r', partition: 0, offset: 0 }
    await applyViews(store, [{ kind: 'redrive', offset: 0, letterId: newest?.id ?? '', redriven }], 1)
    assert.deepEqual(await found({ state: 'redriven' }), [6])
    assert.deepEqual(await found({ state: 'open' }), [5, 4, 3])
    assert.deepEqual(await found({ state: 'open', orderId: 7, fromMs: noonMs + 4 }), [5])
  })

  it('walks dead letters in the order of refusal, however many have one log time', { skip }, async (t) => {
    const store = await openFor(t, openers)
    const [early, late] = [noonMs, noonMs + 50]
    const batch = (partition: number, group: string) =>
      Array.from({ length: 25 }, (_, offset) =>
        letterFact(offset, {
          partition,
          group,
          letter: { topic: `orders.${group}.dlq`, partition, offset },
          timestampMs: offset < 12 ? early : late,
          orderId: offset % 2 === 0 ? 7 : null,
        }),
      )
    await applyViews(store, batch(1, 'payments-group'), 1)
    await applyViews(store, batch(0, 'analytics-group'), 0)
    const found = async (query: Omit<DeadLetterQuery, 'limit'>, limit = 4) => {
      const items = await walk((page) => store.searchDeadLetters({ sort: 'oldest', ...query, ...page }), limit)
      return items.map(({ partition, offset }) => [partition, offset])
    }
    const offsets = Array.from({ length: 25 }, (_, offset) => offset)
    const at = (partition: number, some: readonly number[]) => some.map((offset) => [partition, offset])
    const first = [0, 1].flatMap((partition) => at(partition, offsets.slice(0, 12)))
    const second = [0, 1].flatMap((partition) => at(partition, offsets.slice(12)))
    const all = [...first, ...second]
    for (const limit of [1, 5, 1_000]) {
      assert.deepEqual(await found({}, limit), all)
      assert.deepEqual(await found({ group: 'payments-group', state: 'open' }, limit), at(1, offsets))
    }
    assert.deepEqual(await found({ sort: 'newest' }), all.toReversed())
    assert.deepEqual([await found({ toMs: late }), await found({ fromMs: late })], [first, second])
    const ofOrder = all.filter(([, offset = 0]) => offset % 2 === 0)
    assert.deepEqual(await found({ orderId: 7 }), ofOrder)
  })

  it('finds one dead letter by its id', { skip }, async (t) => {
    const store = await openFor(t, openers)
    await applyViews(store, [letterFact(0, { topic: 'a "quoted"/topic', orderId: 7 }), letterFact(1)])
    const page = await store.searchDeadLetters({ limit: 9 })
    for (const letter of page.items) assert.deepEqual(await store.findDeadLetter(letter.id), letter)
    const [, oldest] = page.items
    const { letter } = letterFact(0, { topic: 'a "quoted"/topic', orderId: 7 })
    assert.deepEqual(oldest, { ...letter, id: oldest?.id, redriven: null })
    assert.equal(await store.findDeadLetter('nonsense'), undefined)
    assert.equal(await store.findDeadLetter(`${oldest?.id}x`), undefined)
  })

  it('changes its version with every apply, whoever wrote', async (t) => {
    const open = await openers(t)
    const [store, reader] = [await open(), await open()]
    t.after(async () => Promise.all([store.close(), reader.close()]))
    const { apply } = await orderWriter(store)
    const seen = [await versionsOf(store, reader)]
    for (const offset of [0, 1, 2]) {
      await apply(orderFact(anOrder(offset + 1), offset))
      seen.push(await versionsOf(store, reader))
      assert.deepEqual(await versionsOf(store, reader), seen.at(-1), 'and stays until then')
    }
    assert.equal(new Set(seen.map(([own]) => own)).size, 4)
    assert.equal(new Set(seen.map(([, other]) => other)).size, 4)
  })
}

async function versionsOf(...stores: readonly OrderStore[]): Promise<readonly string[]> {
  return Promise.all(stores.map((store) => store.version()))
}
