import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import { hasCode, type ErrorCode } from '../../../src/errors.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import { orderWriter } from '../../contract/order-store/open-store.ts'
import { storeOptions } from '../../support/couchbase/open-store.ts'
import { startQueryService, type QueryAnswer } from '../../support/couchbase/query-service.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { startWireProxy } from '../../support/couchbase/wire-proxy.ts'
import { anOrder, orderFact } from '../../support/order-facts.ts'

const filtered = { sort: 'newest', limit: 5, country: "' OR 1=1 --" } as const

describe('couchbase: searches', couchbaseSuiteOptions(), () => {
  const server = useMockServer()

  async function serve(t: TestContext, answer: () => QueryAnswer) {
    const service = await startQueryService(answer)
    const proxy = await startWireProxy(server(), { query: { port: service.port } })
    const options = storeOptions(proxy, { collections: 'scoped', queryTimeoutMs: 300 })
    const store = openCouchbaseStore(options)
    t.after(async () => {
      await store.close()
      proxy.close()
      await service.stop()
    })
    return { store, service }
  }

  it('send what users chose as parameters alone, and read what was just written', async (t) => {
    const { store, service } = await serve(t, () => ({ rows: [] }))
    assert.deepEqual(await store.searchOrders(filtered), { items: [], nextCursor: null })
    const [request] = service.requests()
    assert.ok(request)
    assert.doesNotMatch(request.statement, /1=1/)
    assert.match(request.statement, /FROM `order_analytics`\.`ordermill`\.`orders` AS o WHERE o\.`kind` = 'order'/)
    assert.deepEqual(request.parameters, { f0: filtered.country, n: 6 })
    assert.deepEqual([request.readonly, request.scanConsistency, request.timeout], [true, 'request_plus', '300ms'])
  })

  const failures: readonly (readonly [string, QueryAnswer, ErrorCode, RegExp])[] = [
    ['no index', errorsOf(4000, 'No index available'), 'SEARCH_UNAVAILABLE', /"ordermill store init"/],
    ['no collection', errorsOf(12_003, 'Keyspace not found'), 'SEARCH_UNAVAILABLE', /"ordermill store init"/],
    ['a missing right', errorsOf(13_014, 'no credentials'), 'STORE_REFUSED', /COUCHBASE_USERNAME/],
    ['an internal error', errorsOf(5000, 'panic'), 'STORE_UNAVAILABLE', /did not answer a query/],
    ['a queue that is full', errorsOf(1191, 'rate'), 'STORE_UNAVAILABLE', /did not answer a query/],
  ]
  for (const [what, answer, code, message] of failures) {
    it(`say what ${what} means, and the process goes on`, async (t) => {
      const { store } = await serve(t, () => answer)
      await assert.rejects(store.searchOrders(filtered), isCode(code, message))
    })
  }

  it('end in time when the query service hangs', async (t) => {
    const { store, service } = await serve(t, () => ({ rows: [] }))
    service.hang()
    await assert.rejects(
      store.searchPayments({ limit: 1, outcome: 'PAID' }),
      isCode('STORE_UNAVAILABLE', /did not answer a query: no/),
    )
  })

  it('are refused where there is no query service, while the newest of everything is listed', async (t) => {
    const proxy = await startWireProxy(server())
    const store = openCouchbaseStore(storeOptions(proxy))
    t.after(async () => {
      await store.close()
      proxy.close()
    })
    const { apply } = await orderWriter(store)
    await apply(orderFact(anOrder(1), 0), orderFact(anOrder(2), 1))
    const listed = async (sort: 'newest' | 'oldest') => (await store.searchOrders({ sort, limit: 5 })).items
    assert.deepEqual(
      (await listed('newest')).map(({ orderId }) => orderId),
      [2, 1],
    )
    assert.deepEqual(await listed('oldest'), (await listed('newest')).toReversed())
    assert.deepEqual((await store.searchPayments({ limit: 5 })).items, [])
    assert.deepEqual((await store.searchAlerts({ limit: 5 })).items, [])
    assert.deepEqual((await store.searchDeadLetters({ limit: 5 })).items, [])
    assert.deepEqual((await store.searchDeadLetters({ sort: 'oldest', limit: 5, group: 'payments-group' })).items, [])
    for (const search of refusedSearches(store)) {
      await assert.rejects(search, isCode('SEARCH_UNAVAILABLE', /no query service/))
    }
  })
})

function refusedSearches(store: OrderStore): readonly Promise<unknown>[] {
  return [
    store.searchOrders({ sort: 'newest', limit: 5, status: 'CREATED' }),
    store.searchOrders({ sort: 'amount_asc', currency: 'USD', limit: 5 }),
    store.searchPayments({ limit: 5, outcome: 'PENDING' }),
    store.searchDeadLetters({ limit: 5, group: 'payments-group' }),
  ]
}

function errorsOf(code: number, msg: string): QueryAnswer {
  return { errors: [{ code, msg }], httpStatus: 500 }
}

function isCode(code: ErrorCode, message: RegExp) {
  return (error: unknown) => {
    assert.ok(hasCode(error, code), String(error))
    assert.match(error.message, message)
    return true
  }
}
