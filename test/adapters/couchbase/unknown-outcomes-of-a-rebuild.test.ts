import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import pLimit from 'p-limit'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { RebuildStore } from '../../../src/ports/rebuilds.ts'
import { ownerOf, repeating, scriptShards, startOffset, viewBatches } from '../../support/couchbase/disturbed-script.ts'
import { storeOptions } from '../../support/couchbase/open-store.ts'
import { blows, strikeNth, type Blow } from '../../support/couchbase/strike.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { opcodes, startWireProxy } from '../../support/couchbase/wire-proxy.ts'
import { anOrder, orderFact } from '../../support/order-facts.ts'

/** Replies that are lost are waited for so long. */
const kvTimeoutMs = 1_000
const runsAtOnce = 20

type Strike = Readonly<{ blow: Blow; opcode: number; nth: number }>
type Run = Readonly<{
  picture: unknown
  documents: ReadonlyMap<string, unknown>
  /** Of the rebuild. */
  requests: (opcode: number) => number
  struck: string | undefined
}>

const written = { insert: opcodes.add, replace: opcodes.replace, removal: opcodes.delete } as const
/** What leaves most open: the store gives up, and the work was done or not. All others strike in unknown-outcomes.test.ts. */
const hardest = blows.filter(({ name }) => name === 'the replies lost twice' || name === 'the request lost twice')
const repeat = repeating(() => {})

describe('a rebuild on Couchbase whose writes have an unknown outcome', couchbaseSuiteOptions(), () => {
  const server = useMockServer()
  let runs = 0
  let undisturbed: Run

  before(async () => {
    if (couchbaseSuiteOptions().skip === false) undisturbed = await run()
  })

  /** Each run has a scope and order ids of its own, and what it leaves is told without both. */
  async function run(strike?: Strike): Promise<Run> {
    const number = 100 + runs
    runs += 1
    const [scope, idPrefix] = [`run${number}`, `9000000${number}`]
    const firstId = Number(`${idPrefix}000`)
    const proxy = await startWireProxy(server())
    const store = openCouchbaseStore(storeOptions(proxy, { scope, kvTimeoutMs }))
    const plain = (text: string) => text.replaceAll(idPrefix, '9000000000').replaceAll(scope, 'scope')
    try {
      await applyScript(store, firstId)
      const before = new Map<number, number>(Object.values(written).map((opcode) => [opcode, proxy.requests(opcode)]))
      const lift = strike && strikeNth(proxy, strike.blow, { ...strike, belongs: () => true })
      await rebuild(store, firstId)
      const struck = lift?.()
      const counts = new Map([...before].map(([opcode, count]) => [opcode, proxy.requests(opcode) - count]))
      const picture = await pictureOf(store, firstId)
      await proxy.settled()
      return {
        picture: JSON.parse(plain(JSON.stringify(picture, asJson))),
        documents: new Map([...proxy.documents()].map(([key, text]) => [plain(key), withoutAttempts(plain(text))])),
        requests: (opcode) => counts.get(opcode) ?? 0,
        struck: struck && plain(struck),
      }
    } finally {
      await store.close()
      proxy.close()
    }
  }

  for (const [kind, opcode] of Object.entries(written)) {
    for (const blow of hardest) {
      const name = `makes the same generation live and removes the former, whichever ${kind} meets ${blow.name}`
      it(name, async () => {
        const limit = pLimit(runsAtOnce)
        const strikes = Array.from({ length: undisturbed.requests(opcode) }, (_, nth) => ({ blow, opcode, nth }))
        // All end before the first failure is told: the server goes with the test.
        const results = await Promise.allSettled(strikes.map((strike) => limit(assertUnharmed, strike)))
        assert.ok(results.length > 0)
        for (const result of results) if (result.status === 'rejected') throw result.reason
      })
    }
  }

  async function assertUnharmed(strike: Strike): Promise<void> {
    const { picture, documents, struck } = await run(strike)
    const what = `${strike.blow.name}, request ${strike.nth} of opcode ${strike.opcode}: ${struck}`
    assert.ok(struck !== undefined, what)
    assert.deepEqual(picture, undisturbed.picture, what)
    assert.deepEqual(documents, undisturbed.documents, what)
  }
})

async function applyScript(store: Pick<RebuildStore, 'claim' | 'applyOrders' | 'applyViews'>, firstId: number) {
  const orders = [1, 2].map((n) =>
    orderFact(anOrder(firstId + n, { amount: { currency: 'USD', minor: n } }), startOffset + n),
  )
  const analytics = ownerOf({ store, shard: scriptShards.orders, repeat })
  await analytics(orders, (claim, progress) => store.applyOrders(claim, orders, progress))
  const views = ownerOf({ store, shard: scriptShards.views, repeat })
  for (const facts of viewBatches(firstId)) {
    await views(facts, (claim, progress) => store.applyViews(claim, facts, progress))
  }
}

async function rebuild(store: OrderStore, firstId: number): Promise<void> {
  await applyScript(await repeat(() => store.openRebuild('one')), firstId)
  await repeat(() => store.switchTo('one'))
  await repeat(() => store.dropRebuild(''))
}

function pictureOf(store: OrderStore, firstId: number): Promise<unknown> {
  return repeat(async () => ({
    generation: await store.generation(),
    totals: await store.totals(),
    views: await store.viewCounts(),
    series: await store.series({ fromMs: 0, toMs: 1e15 }),
    stories: await Promise.all([1, 2].map((n) => store.findOrder(firstId + n))),
    lists: await Promise.all([
      store.searchOrders({ sort: 'newest', limit: 8 }),
      store.searchAlerts({ limit: 8 }),
      store.searchDeadLetters({ limit: 8, state: 'redriven' }),
    ]),
  }))
}

function withoutAttempts(text: string): unknown {
  return JSON.parse(text, (member, value: unknown) => (member === 'epoch' || member === 'batchId' ? undefined : value))
}

function asJson(_member: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  return value instanceof Map ? [...(value as ReadonlyMap<unknown, unknown>)] : value
}
