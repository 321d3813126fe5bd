import assert from 'node:assert/strict'
import { it } from 'node:test'
import { hasCode } from '../../../src/errors.ts'
import { orderIdChosenMax, type IntakeRequest } from '../../../src/ports/intake.ts'
import { anOrder, noonMs, orderFact, paymentFact, paymentShard } from '../../support/order-facts.ts'
import { closedAfter, openFor, orderWriter, type StoreOpeners } from './open-store.ts'

function aRequest(over: Partial<IntakeRequest> = {}): IntakeRequest {
  return { principal: 'operator', key: 'key-1', fingerprint: 'sha-1', idsNeeded: 3, atMs: noonMs, ...over }
}

export function testIntake(openers: StoreOpeners): void {
  it('gives every order id once, to whoever asks', async (t) => {
    const open = await openers(t)
    const stores = [closedAfter(t, await open()), closedAfter(t, await open())]
    const counts = [1, 5, 1, 100, 3, 1]
    const firsts = await Promise.all(
      counts.flatMap((count, n) => stores.slice(n % 2, (n % 2) + 1).map((store) => store.reserveOrderIds(count))),
    )
    const ids = firsts.flatMap((first, n) => Array.from({ length: counts[n] ?? 0 }, (_, at) => first + at))
    assert.equal(new Set(ids).size, 111)
    assert.equal(Math.min(...ids), 1)
  })

  it('gives ids above those that it has seen', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    await apply(orderFact(anOrder(500), 0), orderFact(anOrder(20), 1))
    assert.equal(await store.reserveOrderIds(2), 501)
    assert.equal(await store.reserveOrderIds(1), 503)
    await store.reserve(await store.claim(paymentShard(), 'payer'), [paymentFact(anOrder(900), 0)])
    assert.equal(await store.reserveOrderIds(1), 901)
  })

  it('gives ids above those that it was told of, whoever was told and whoever asks', async (t) => {
    const open = await openers(t)
    const [told, other] = [closedAfter(t, await open()), closedAfter(t, await open())]
    await told.noteOrderIds(1_000)
    assert.equal(await other.reserveOrderIds(5), 1_001)
    await told.noteOrderIds(1_000)
    await other.noteOrderIds(7)
    assert.equal(await told.reserveOrderIds(1), 1_006)
    assert.equal((await told.remember(aRequest())).firstOrderId, 1_007)
    await Promise.all([told.noteOrderIds(5_000), other.noteOrderIds(4_000)])
    assert.equal(await other.reserveOrderIds(1), 5_001)
  })

  it('goes on giving ids after an order with the greatest that there is', async (t) => {
    const store = await openFor(t, openers)
    const { apply } = await orderWriter(store)
    await apply(orderFact(anOrder(Number.MAX_SAFE_INTEGER), 0), orderFact(anOrder(7), 1))
    const claim = await store.claim(paymentShard(), 'payer')
    await store.reserve(claim, [paymentFact(anOrder(Number.MAX_SAFE_INTEGER), 0)])
    await store.noteOrderIds(Number.MAX_SAFE_INTEGER)
    assert.equal(await store.reserveOrderIds(1), 8)
    await store.noteOrderIds(orderIdChosenMax)
    assert.equal(await store.reserveOrderIds(1), orderIdChosenMax + 1)
  })

  it('says so when there is no id left, and that is not the fault of who asks', async (t) => {
    const store = await openFor(t, openers)
    await store.noteOrderIds(orderIdChosenMax)
    assert.equal(await store.reserveOrderIds(2 ** 40), orderIdChosenMax + 1)
    await assert.rejects(store.reserveOrderIds(1), (error) => hasCode(error, 'STORE_UNAVAILABLE'))
  })

  it('gives a repeated request the ids and the time of the first', async (t) => {
    const store = await openFor(t, openers)
    const first = await store.remember(aRequest())
    assert.deepEqual(first, { firstOrderId: 1, atMs: noonMs, response: undefined })
    assert.deepEqual(await store.remember(aRequest({ atMs: noonMs + 5 })), first)
    assert.equal(await store.reserveOrderIds(1), 4)
    await store.complete('operator', 'key-1', '{"a":1}')
    assert.deepEqual(await store.remember(aRequest()), { ...first, response: '{"a":1}' })
  })

  it('keeps the keys of principals apart', async (t) => {
    const store = await openFor(t, openers)
    const [one, two] = [await store.remember(aRequest()), await store.remember(aRequest({ principal: 'other' }))]
    assert.notEqual(one.firstOrderId, two.firstOrderId)
    const [left, right] = [aRequest({ principal: 'a', key: 'b c' }), aRequest({ principal: 'a b', key: 'c' })]
    assert.notEqual((await store.remember(left)).firstOrderId, (await store.remember(right)).firstOrderId)
  })

  it('refuses a key that comes with another body, also when the key is hostile', async (t) => {
    const store = await openFor(t, openers)
    for (const key of ['key-1', '__proto__', `'"; DROP TABLE requests; --`]) {
      await store.remember(aRequest({ key }))
      const other = store.remember(aRequest({ key, fingerprint: 'sha-2' }))
      await assert.rejects(other, (error) => hasCode(error, 'IDEMPOTENCY_KEY_REUSED'))
    }
  })

  it('gives the same ids to requests with one key at the same time', async (t) => {
    const open = await openers(t)
    const stores = [closedAfter(t, await open()), closedAfter(t, await open())]
    const all = await Promise.all([...stores, ...stores].map((store) => store.remember(aRequest())))
    assert.deepEqual(
      all,
      all.map(() => all[0]),
    )
  })
}
