import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { snapshot, type Problem, type Snapshot } from '../../src/api/contract.ts'
import { Check } from 'typebox/value'
import { OrdermillError } from '../../src/errors.ts'
import { anOrderBody, openTestApi, postOf, type Overrides, type TestApi } from '../support/api.ts'
import { waitFor } from '../support/wait-for.ts'

type Cleanup = Parameters<typeof openTestApi>[0]
type Event = Readonly<{ id: string | undefined; event: string; data: Snapshot & Problem }>
type Headers = Readonly<Record<string, string>>
type Client = Readonly<{
  status: number
  events: () => readonly Event[]
  /** What came between blank lines: `:` is a heartbeat. */
  blocks: readonly string[]
  rest: () => string
  close: () => void
  ended: Promise<unknown>
}>

async function listening(t: Cleanup, overrides: Overrides = {}): Promise<TestApi> {
  const api = await openTestApi(t, overrides)
  await api.app.listen({ port: 0, host: '127.0.0.1' })
  return api
}

async function follow({ app }: TestApi, lastEventId?: string, others: Headers = {}): Promise<Client> {
  const { port } = app.server.address() as AddressInfo
  const headers = lastEventId === undefined ? others : { ...others, 'last-event-id': lastEventId }
  const request = get({ port, host: '127.0.0.1', path: '/api/v1/stream', headers, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const blocks: string[] = []
  let rest = ''
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n\n')
    rest = parts.pop() ?? ''
    blocks.push(...parts)
  })
  const ended = new Promise((resolve) => response.once('close', resolve))
  return {
    status: response.statusCode ?? 0,
    events: () => blocks.flatMap(parseEvent),
    blocks,
    rest: () => rest,
    close: () => request.destroy(),
    ended,
  }
}

function parseEvent(block: string): readonly Event[] {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  const [event, data] = [field('event'), field('data')]
  if (event === undefined || data === undefined) return []
  return [{ id: field('id'), event, data: JSON.parse(data) as Snapshot & Problem }]
}

const countOf = ({ events }: Client): number | undefined => events().at(-1)?.data.totals?.order_count
const heartbeats = ({ blocks }: Client): number => blocks.filter((block) => block === ':').length

describe('GET /api/v1/stream', () => {
  it('begins with the current state and goes on with every change', async (t) => {
    const api = await listening(t)
    const client = await follow(api)
    await waitFor('the first snapshot', () => client.events().length > 0)
    assert.match(client.blocks[0] ?? '', /^retry: 1000$/)
    await api.call(postOf(anOrderBody))
    await api.countOrders()
    await waitFor('the order counts', () => countOf(client) === 1)
    const { newest_orders: orders = [], totals } = client.events().at(-1)?.data ?? {}
    assert.equal(orders[0]?.order_id, 7)
    assert.equal('document' in (orders[0] ?? {}), false)
    assert.equal(totals?.total_sales, 19.99)
    client.close()
  })

  it('is as its schema says', async (t) => {
    const api = await listening(t)
    await api.call(postOf(anOrderBody))
    await api.countOrders()
    const client = await follow(api)
    await waitFor('the first snapshot', () => client.events().length > 0)
    assert.ok(Check(snapshot, client.events()[0]?.data))
    client.close()
  })

  it('reads the store once for all clients, and not at all without them', async (t) => {
    const api = await openTestApi(t)
    let reads = 0
    const searchOrders: TestApi['store']['searchOrders'] = (query) => {
      reads += 1
      return api.store.searchOrders(query)
    }
    const watched = await listening(t, { log: api.log, store: { ...api.store, searchOrders } })
    const clients = await Promise.all([1, 2, 3, 4, 5].map(() => follow(watched)))
    await waitFor('all have a snapshot', () => clients.every(({ events }) => events().length > 0))
    const ids = clients.map(({ events }) => events().at(-1)?.id)
    assert.ok(reads <= new Set(ids).size + 1, `${reads} reads for ${new Set(ids).size} snapshots`)
    for (const client of clients) client.close()
  })

  it('sends nothing while nothing changes, but a comment now and then', async (t) => {
    const limits = { heartbeatEveryMs: 40, pipelineEveryMs: 60_000 }
    const api = await listening(t, { settings: { limits } })
    const client = await follow(api)
    await waitFor('three heartbeats', () => heartbeats(client) >= 3)
    assert.equal(client.events().length, 1)
    client.close()
  })

  it('resumes: nothing at once when up to date, the newest state at once when behind', async (t) => {
    const limits = { heartbeatEveryMs: 30, pipelineEveryMs: 60_000 }
    const api = await listening(t, { settings: { limits } })
    const first = await follow(api)
    await waitFor('a snapshot', () => first.events().length > 0)
    const id = first.events()[0]?.id
    first.close()
    await first.ended
    const upToDate = await follow(api, id)
    await waitFor('a heartbeat', () => heartbeats(upToDate) > 0)
    assert.deepEqual(upToDate.events(), [])
    upToDate.close()
    await upToDate.ended
    await api.call(postOf(anOrderBody))
    await api.countOrders()
    const behind = await follow(api, id)
    await waitFor('the newest state', () => countOf(behind) === 1)
    assert.equal(behind.events().length, 1)
    behind.close()
    const ofAnotherRun = await follow(api, 'ffffffff-1')
    await waitFor('the newest state', () => countOf(ofAnotherRun) === 1)
    ofAnotherRun.close()
  })

  it('says once that the store is away, and shows the state when it is back', async (t) => {
    const api = await openTestApi(t)
    let isAway = true
    const version = () =>
      isAway ? Promise.reject(new OrdermillError('STORE_UNAVAILABLE', 'away')) : api.store.version()
    const limits = { heartbeatEveryMs: 30 }
    const broken = await listening(t, { store: { ...api.store, version }, settings: { limits } })
    const client = await follow(broken)
    await waitFor('two heartbeats', () => heartbeats(client) > 1)
    assert.deepEqual(
      client.events().map(({ event, data }) => [event, data.code]),
      [['problem', 'STORE_UNAVAILABLE']],
    )
    isAway = false
    await waitFor('a snapshot', () => client.events().at(-1)?.event === 'snapshot')
    client.close()
  })

  it('goes on with totals while the log does not answer, and says so', async (t) => {
    const api = await openTestApi(t)
    const gone = () => Promise.reject(new OrdermillError('LOG_UNAVAILABLE', 'the log is away'))
    const client = await follow(await listening(t, { log: { ...api.log, topics: gone } }))
    await waitFor('a snapshot', () => client.events().length > 0)
    assert.equal(client.events()[0]?.data.pipeline.problem, 'the log is away')
    client.close()
  })

  it('gives a place back when a client leaves, and refuses one too many with a problem', async (t) => {
    const api = await listening(t, { settings: { limits: { streamClientsMax: 2 } } })
    const [first, second] = [await follow(api), await follow(api)]
    assert.deepEqual([first.status, second.status], [200, 200])
    const refused = await follow(api)
    assert.equal(refused.status, 503)
    await refused.ended
    assert.equal((JSON.parse(refused.rest()) as Problem).code, 'SERVER_UNAVAILABLE')
    first.close()
    await waitFor('a place is free', async () => {
      const again = await follow(api)
      again.close()
      return again.status === 200
    })
    second.close()
  })

  it('leaves places for others: one address has only some of them', async (t) => {
    const limits = { streamClientsPerAddressMax: 1 }
    const api = await listening(t, { settings: { limits, trustedProxies: 1 } })
    const from = (address: string) => follow(api, undefined, { 'x-forwarded-for': address })
    const [first, other] = [await from('203.0.113.9'), await from('203.0.113.10')]
    assert.deepEqual([first.status, other.status], [200, 200])
    const refused = await from('203.0.113.9')
    assert.equal(refused.status, 503)
    await refused.ended
    assert.equal((JSON.parse(refused.rest()) as Problem).code, 'SERVER_UNAVAILABLE')
    for (const client of [first, other]) client.close()
  })

  it('drops a client that does not read, and keeps the others', async (t) => {
    // The version changes with every look and snapshots are large: the one who never reads soon has too much waiting.
    const api = await openTestApi(t)
    let looks = 0
    const version = () => Promise.resolve(String((looks += 1)))
    const totals = await api.store.totals()
    for (let index = 0; index < 20_000; index += 1)
      totals.totals.byCountry.set(`C${index}`, { orderCount: 1, sales: new Map() })
    const limits = { streamTickMs: 1 }
    const store = { ...api.store, version, totals: () => Promise.resolve(totals) }
    const flooded = await listening(t, { store, settings: { limits } })
    const deaf = connect((flooded.app.server.address() as AddressInfo).port, '127.0.0.1')
    deaf.on('error', () => undefined)
    deaf.pause()
    deaf.write('GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const sockets = () => new Promise((resolve) => flooded.app.server.getConnections((_error, count) => resolve(count)))
    const reader = await follow(flooded)
    await waitFor('both are there', async () => (await sockets()) === 2)
    await waitFor('the deaf one is dropped', async () => (await sockets()) === 1)
    const seen = reader.blocks.length
    await waitFor('the reader goes on', () => reader.blocks.length > seen)
    reader.close()
    deaf.destroy()
  })

  it('ends when the server stops, so that clients come back to the next one', async (t) => {
    const api = await listening(t)
    const client = await follow(api)
    await waitFor('a snapshot', () => client.events().length > 0)
    await api.app.close()
    await client.ended
  })
})
