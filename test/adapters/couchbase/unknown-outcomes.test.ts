import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pLimit from 'p-limit'
import { couchbaseConnection, type Connection } from '../../../src/adapters/couchbase/couchbase-connection.ts'
import { openKeyspaces } from '../../../src/adapters/couchbase/couchbase-keyspaces.ts'
import type { ListName, StoredList } from '../../../src/adapters/couchbase/couchbase-lists.ts'
import { keyOf } from '../../../src/adapters/couchbase/couchbase-directory.ts'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import type { ShardKey } from '../../../src/ports/shards.ts'
import {
  runScript,
  scriptPicture,
  scriptShards,
  startOffset,
  type ScriptResult,
} from '../../support/couchbase/disturbed-script.ts'
import { storeOptions } from '../../support/couchbase/open-store.ts'
import { blows, strikeNth, written, type Blow } from '../../support/couchbase/strike.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { opcodes, startWireProxy, type WireProxy } from '../../support/couchbase/wire-proxy.ts'
import { noonMs } from '../../support/order-facts.ts'

/** Replies that are lost are waited for so long. */
const kvTimeoutMs = 1_000
/** Most runs wait for a reply that does not come. */
const runsAtOnce = 20

type Strike = Readonly<{ blow: Blow; opcode: number; nth: number }>
type Run = Readonly<{
  result: ScriptResult
  picture: unknown
  documents: ReadonlyMap<string, unknown>
  /** Of the script, in the part that has most of them. */
  requestsAPart: (opcode: number) => number
  /** Keys of the documents that were struck. */
  struck: readonly string[]
}>

describe('a Couchbase store whose writes have an unknown outcome', couchbaseSuiteOptions(), () => {
  const server = useMockServer()
  let direct: Connection
  let runs = 0
  let undisturbed: Run

  before(async () => {
    if (couchbaseSuiteOptions().skip !== false) return
    direct = couchbaseConnection(storeOptions(server()))
    undisturbed = await run()
  })
  after(() => direct?.close())

  /** Each run has a scope and order ids of its own, and what it leaves is told without both. */
  async function run(strike?: Strike): Promise<Run> {
    const number = 100 + runs
    runs += 1
    const [scope, idPrefix] = [`run${number}`, `9000000${number}`]
    const firstId = Number(`${idPrefix}000`)
    const proxy = await startWireProxy(server())
    const options = storeOptions(proxy, { scope, kvTimeoutMs })
    const { arrivals } = openKeyspaces(direct, options)
    const store = openCouchbaseStore(options)
    try {
      for (const [name, shard] of fullLists) await arrivals.insert(`${keyOf(shard)}/${name}`, fullList(name))
      const { blow, opcode, nth } = strike ?? {}
      const strikes =
        blow && opcode !== undefined && nth !== undefined
          ? parts.map((part) => strikeNth(proxy, blow, { opcode, nth, belongs: (key) => partOf(key) === part }))
          : []
      const counts = countRequests(proxy)
      const result = await runScript(store, firstId)
      const requestsAPart = counts()
      const struck = strikes.flatMap((lift) => lift() ?? [])
      const picture = await scriptPicture(store, firstId)
      await proxy.settled()
      const plain = (text: string) => text.replaceAll(idPrefix, '9000000000').replaceAll(scope, 'scope')
      return {
        result: plainResult(result, plain),
        picture: JSON.parse(plain(JSON.stringify(picture, asJson))),
        documents: documentsOf(proxy, plain),
        requestsAPart,
        struck: struck.map(plain),
      }
    } finally {
      await store.close()
      proxy.close()
    }
  }

  /** Strikes request after request. @returns all documents that were struck */
  async function strikeAll(blow: Blow, opcode: number): Promise<readonly string[]> {
    const limit = pLimit(runsAtOnce)
    const runs = Array.from({ length: undisturbed.requestsAPart(opcode) }, (_, nth) =>
      limit(assertUnharmed, { blow, opcode, nth }),
    )
    // All end before the first failure is told: the server goes with the test.
    const results = await Promise.allSettled(runs)
    return results.flatMap((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }

  async function assertUnharmed(strike: Strike): Promise<readonly string[]> {
    const { result, picture, documents, struck } = await run(strike)
    const what = `${strike.blow.name}, request ${strike.nth} of opcode ${strike.opcode}: ${String(struck)}`
    assert.ok(struck.length > 0, what)
    assert.deepEqual(result.answers, undisturbed.result.answers, what)
    assert.deepEqual(picture, undisturbed.picture, what)
    assert.deepEqual(documents, undisturbed.documents, what)
    assert.deepEqual([...result.charges.keys()], [...undisturbed.result.charges.keys()], what)
    assertNoneTwice(result.blocks, what)
    return struck
  }

  for (const kind of ['insert', 'replace'] as const) {
    for (const blow of blows) {
      it(`leaves what an undisturbed one does, whichever ${kind} meets ${blow.name}`, async () => {
        const kinds = new Set((await strikeAll(blow, written[kind])).map(kindOfKey))
        assert.deepEqual([...kinds].toSorted(), struckKinds[kind].toSorted())
      })
    }
  }

  it('leaves what an undisturbed one does, whichever read gets no answer', async () => {
    const [blow] = blows
    assert.ok(blow)
    assert.ok((await strikeAll(blow, opcodes.get)).length > 0)
  })
})

/** Full of what nobody asks for, so that the first entries of the script make a segment. */
const fullLists: readonly (readonly [ListName, ShardKey])[] = [
  ['orders', scriptShards.orders],
  ['payments', scriptShards.payments],
  ['alerts', scriptShards.views],
]
const tailEntries = 512

function fullList(name: ListName): string {
  const reason = name === 'alerts' ? ['none'] : []
  const tail = Array.from({ length: tailEntries }, (_, n) => [noonMs + n, n, 1, 1, ...reason] as const)
  return JSON.stringify({ kind: 'list', next: startOffset, segments: 0, sealedAtMs: 0, tail } satisfies StoredList)
}

/** What the script writes, by the first part of the key. */
const struckKinds = {
  insert: ['documents', 'orders', 'payments', 'alerts', 'dead_letters', 'shards', 'arrivals', 'series', 'intake'],
  replace: ['documents', 'orders', 'payments', 'dead_letters', 'shards', 'arrivals', 'series', 'intake'],
} as const

function kindOfKey(key: string): string {
  return key.split(':')[1] ?? 'documents'
}

/** Of the script: one of each is struck in one run, as they have nothing to do with one another. */
const parts = ['orders', 'payments', 'views', 'intake'] as const

function partOf(key: string): (typeof parts)[number] {
  const kind = kindOfKey(key)
  if (kind === 'intake') return kind
  if (kind === 'payments' || key.includes('payments-group')) return 'payments'
  return kind === 'alerts' || kind === 'dead_letters' || key.includes('views-group') ? 'views' : 'orders'
}

/** Faults that strike nothing see all requests. */
function countRequests(proxy: WireProxy): () => Run['requestsAPart'] {
  const counts = new Map<string, number>()
  const faults = [opcodes.add, opcodes.replace, opcodes.get].map((opcode) => {
    const key = (asked: string): boolean => {
      const counted = `${opcode} ${partOf(asked)}`
      counts.set(counted, (counts.get(counted) ?? 0) + 1)
      return false
    }
    return proxy.loseReply({ opcode, key })
  })
  return () => {
    for (const fault of faults) fault.lift()
    return (opcode) => Math.max(...parts.map((part) => counts.get(`${opcode} ${part}`) ?? 0))
  }
}

/** Without what tells attempts apart: an epoch, a batch's name. Ids may have gaps: see `assertNoneTwice`. */
function documentsOf(proxy: WireProxy, plain: (text: string) => string): ReadonlyMap<string, unknown> {
  const documents = new Map<string, unknown>()
  for (const [key, text] of [...proxy.documents()].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const name = plain(key)
    if (kindOfKey(name) === 'intake') continue
    const told = plain(text)
    documents.set(name, kindOfKey(name) === 'shards' ? withoutAttempts(told) : told)
  }
  return documents
}

function withoutAttempts(text: string): unknown {
  return JSON.parse(text, (member, value: unknown) => (member === 'epoch' || member === 'batchId' ? undefined : value))
}

function plainResult(result: ScriptResult, plain: (text: string) => string): ScriptResult {
  return {
    ...result,
    answers: JSON.parse(plain(JSON.stringify(result.answers))) as readonly unknown[],
    charges: new Map([...result.charges].map(([id, times]) => [plain(id), times])),
  }
}

function asJson(_member: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  return value instanceof Map ? [...(value as ReadonlyMap<unknown, unknown>)] : value
}

function assertNoneTwice(blocks: ScriptResult['blocks'], what: string): void {
  const ids = blocks.flatMap(([first, count]) => Array.from({ length: count }, (_, n) => first + n))
  assert.equal(new Set(ids).size, ids.length, `${what}: an id was given twice`)
}
