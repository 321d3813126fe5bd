import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import {
  AmbiguousTimeoutError,
  DurabilityLevel,
  MutateInSpec,
  RequestCanceledError,
  ServiceNotAvailableError,
  TemporaryFailureError,
  UnambiguousTimeoutError,
  type Cluster,
  type Collection,
} from 'couchbase'
import { couchbaseSuiteOptions, useMockServer } from '../support/couchbase/suite.ts'
import { opcodes, startWireProxy, statuses, type WireProxy } from '../support/couchbase/wire-proxy.ts'
import { connectTo, stored } from './client.ts'

const quick = { timeout: 300 }

describe('the wire proxy', couchbaseSuiteOptions(), () => {
  const server = useMockServer()
  let proxy: WireProxy
  let cluster: Cluster
  let collection: Collection
  let key: string

  beforeEach(async (t) => {
    assert.ok('after' in t)
    proxy = await startWireProxy(server())
    const client = await connectTo(proxy)
    t.after(async () => {
      await client.close()
      proxy.close()
    })
    ;({ cluster, collection } = client)
    key = `key-${performance.now()}`
    await collection.insert(key, { version: 1 })
  })

  it('sees all requests, as the SDK knows no other way', async () => {
    await collection.replace(key, { version: 2 })
    await collection.get(key)
    const { add, replace, get } = opcodes
    assert.deepEqual([add, replace, get].map(proxy.requests), [1, 1, 1])
  })

  it('shows a server without a query service', async () => {
    await assert.rejects(cluster.query('SELECT 1'), ServiceNotAvailableError)
    await assert.rejects(cluster.buckets().getAllBuckets(), ServiceNotAvailableError)
  })

  it('loses a reply: the time-out is ambiguous, the effect is there', async () => {
    const fault = proxy.loseReply({ opcode: opcodes.add })
    await assert.rejects(collection.insert(`${key}-lost`, {}, quick), AmbiguousTimeoutError)
    await fault.struck
    assert.deepEqual(await stored(collection, `${key}-lost`), {})
  })

  it('loses a request: the time-out is ambiguous, the effect is not there', async () => {
    const fault = proxy.loseRequest({ opcode: opcodes.add })
    await assert.rejects(collection.insert(`${key}-lost`, {}, quick), AmbiguousTimeoutError)
    await fault.struck
    assert.equal(await stored(collection, `${key}-lost`), undefined)
  })

  it('loses the reply to a read: the time-out is unambiguous', async () => {
    proxy.loseReply({ opcode: opcodes.get })
    await assert.rejects(collection.get(key, quick), UnambiguousTimeoutError)
  })

  it('cuts after a replace: the request is cancelled, the effect is there', async () => {
    const fault = proxy.cutAfter({ opcode: opcodes.replace })
    await assert.rejects(collection.replace(key, { version: 2 }), RequestCanceledError)
    await fault.struck
    assert.deepEqual(await stored(collection, key), { version: 2 })
  })

  it('cuts before a replace: the request is cancelled, the effect is not there', async () => {
    const fault = proxy.cutBefore({ opcode: opcodes.replace })
    await assert.rejects(collection.replace(key, { version: 2 }), RequestCanceledError)
    await fault.struck
    assert.deepEqual(await stored(collection, key), { version: 1 })
  })

  it('cuts before a read: the SDK asks again by itself', async () => {
    proxy.cutBefore({ opcode: opcodes.get })
    assert.deepEqual(await stored(collection, key), { version: 1 })
    assert.equal(proxy.requests(opcodes.get), 2)
  })

  it('answers that a failure is temporary: the SDK tries again until its time is up', async () => {
    const fault = proxy.answer(statuses.temporaryFailure, { opcode: opcodes.replace, times: 2 })
    await collection.replace(key, { version: 2 })
    await fault.struck
    assert.equal(proxy.requests(opcodes.replace), 3)
    proxy.answer(statuses.temporaryFailure, { opcode: opcodes.replace, times: Infinity })
    await assert.rejects(collection.replace(key, { version: 3 }, quick), AmbiguousTimeoutError)
    assert.deepEqual(await stored(collection, key), { version: 2 })
  })

  it('answers that it is busy or has no memory: the SDK gives up at once', async () => {
    for (const status of [statuses.busy, statuses.outOfMemory]) {
      proxy.answer(status, { opcode: opcodes.replace })
      await assert.rejects(collection.replace(key, { version: 2 }), TemporaryFailureError)
    }
    assert.deepEqual(await stored(collection, key), { version: 1 })
  })

  it('holds a reply until it is released', async () => {
    const fault = proxy.holdReply({ opcode: opcodes.replace })
    let isDone = false
    const replaced = collection.replace(key, { version: 2 }).then(() => (isDone = true))
    await fault.struck
    assert.deepEqual(await stored(collection, key), { version: 2 })
    assert.equal(isDone, false)
    fault.release()
    await replaced
  })

  it('strikes only the keys that it is told, so many times, unless it is lifted', async () => {
    const own = (given: string): boolean => given === `${key}-b`
    const fault = proxy.answer(statuses.busy, { opcode: opcodes.set, key: own, times: 2 })
    await collection.upsert(`${key}-a`, {})
    await assert.rejects(collection.upsert(`${key}-b`, {}), TemporaryFailureError)
    assert.equal(fault.strikes(), 1)
    fault.lift()
    await collection.upsert(`${key}-b`, {})
  })

  it('knows the key of a durable write, whose header differs', async () => {
    const durable = { durabilityLevel: DurabilityLevel.Majority }
    proxy.answer(statuses.busy, { opcode: opcodes.set, key: (given) => given === key })
    await assert.rejects(collection.upsert(key, {}, durable), TemporaryFailureError)
  })

  it('refuses and accepts: the SDK comes back by itself', async () => {
    proxy.refuse()
    await assert.rejects(collection.get(key, quick), UnambiguousTimeoutError)
    await proxy.accept()
    assert.deepEqual(await stored(collection, key), { version: 1 })
  })

  it('is silent when half open; what was sent arrives late', async () => {
    proxy.halfOpen()
    await assert.rejects(collection.replace(key, { version: 2 }, quick), AmbiguousTimeoutError)
    assert.equal(proxy.requests(opcodes.replace), 0)
    proxy.forward()
    assert.deepEqual(await stored(collection, key), { version: 2 })
  })

  it('takes its time', async () => {
    proxy.latency(50)
    const start = performance.now()
    await collection.get(key)
    const elapsedMs = performance.now() - start
    assert.ok(elapsedMs >= 95, `${elapsedMs} ms there and back`)
  })

  it('knows all documents: of lost replies, of rivals, of a client that closes amid its requests', async (t) => {
    const [rival, leaver, around] = [await connectTo(proxy), await connectTo(proxy), await connectTo(server())]
    t.after(() => Promise.all([rival.close(), around.close()]))
    const big = { text: 'x'.repeat(10_000) }
    await leaver.collection.upsert(`${key}-big`, big)
    proxy.loseReply({ opcode: opcodes.replace, key: (given) => given === key })
    await assert.rejects(collection.replace(key, { version: 2 }, quick), AmbiguousTimeoutError)
    await collection.insert(`${key}-removed`, {})
    await collection.remove(`${key}-removed`)
    const rounds = Array.from({ length: 100 }, (_, round) => round)
    const writes = rounds.flatMap((round) => [
      collection.upsert(`${key}-contended`, { round, by: 'one' }),
      rival.collection.upsert(`${key}-contended`, { round, by: 'rival' }),
    ])
    const abandoned = Promise.allSettled(rounds.map((round) => leaver.collection.upsert(`${key}-${round}`, { round })))
    await leaver.close()
    await Promise.all([...writes, abandoned])
    await proxy.settled()

    const keys = [key, ...['big', 'removed', 'contended', ...rounds].map((suffix) => `${key}-${suffix}`)]
    const documents = proxy.documents()
    assert.ok([...documents.keys()].every((known) => keys.includes(known)))
    for (const each of keys) {
      const text = documents.get(each)
      assert.deepEqual(text === undefined ? undefined : JSON.parse(text), await stored(around.collection, each), each)
    }
  })

  it('says when it can no longer know the documents', async () => {
    await collection.mutateIn(key, [MutateInSpec.upsert('version', 2)])
    assert.throws(() => proxy.documents(), new RegExp(`can't follow request 0xd1 on ${key}`))
  })
})
