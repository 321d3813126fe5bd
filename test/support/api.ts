import assert from 'node:assert/strict'
import type { InjectOptions } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Check, Parse } from 'typebox/value'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import type { App } from '../../src/api/app.ts'
import type { System } from '../../src/api/contract.ts'
import type { ApiSettings, ServerDeps } from '../../src/api/deps.ts'
import { buildServer } from '../../src/api/server.ts'
import { decodeOrder } from '../../src/codec/order-codec.ts'
import { defaultFraudRules } from '../../src/domain/fraud.ts'
import { identityOf } from '../../src/domain/order.ts'
import type { Log, LogRecord } from '../../src/ports/log.ts'
import type { OrderStore } from '../../src/ports/order-store.ts'
import { progressTo } from './order-facts.ts'

type Cleanup = Readonly<{ after: (cleanUp: () => unknown) => void }>
export type Overrides = Partial<Omit<ServerDeps, 'settings'>> & Readonly<{ settings?: Partial<ApiSettings> }>

export type TestApi = Readonly<{
  app: App
  log: Log
  store: OrderStore
  /** Sends a request and checks the answer against the schema that the OpenAPI document has for it. */
  call: (request: TestRequest) => Promise<Answer>
  /** What the analytics service does with every record of `orders`. */
  countOrders: () => Promise<void>
}>

export type TestRequest = InjectOptions & Readonly<{ url: string }>
export type Answer = Readonly<{
  status: number
  headers: Record<string, unknown>
  text: string
  /** The body, which must be as the schema says. */
  json: <Schema extends TSchema>(schema: Schema) => Static<Schema>
}>

const testSettings: ApiSettings = {
  inputTopic: 'orders',
  baseCurrency: 'USD',
  offsetsHaveGaps: false,
  bucket: 'order_analytics',
  host: '127.0.0.1',
  allowedHosts: [],
  tokens: [],
  trustedProxies: 0,
  stuckSeconds: 60,
  redrivesMax: 3,
  orderRules: { policy: 'all', reuse: 'refuse', fraud: defaultFraudRules },
}

/** The server on the memory log and store; nothing listens until `app.listen`. */
export async function openTestApi(t: Cleanup, { settings, ...overrides }: Overrides = {}): Promise<TestApi> {
  const log = openMemoryLog()
  const store = openMemoryStore()
  await log.createTopics([{ name: 'orders', partitions: 2, recordBytesMax: 1024 * 1024 }])
  const app = await buildServer({
    log,
    store,
    clock: Date.now,
    health: () => Promise.resolve([{ name: 'log', ok: true, detail: 'answers' }]),
    metricsText: () => Promise.resolve('# nothing\n'),
    system: () => Promise.resolve(systemInfo),
    ...overrides,
    settings: { ...testSettings, ...settings },
  })
  t.after(async () => {
    await app.close()
    await log.close()
  })
  return { app, log, store, call: checkedCalls(app), countOrders: orderCounter(log, store) }
}

const systemInfo: Omit<System, 'now'> = {
  mode: 'embedded',
  version: '0.0.0',
  started_at: '2026-01-01T00:00:00.000Z',
  data: './data',
  gateway: 'simulated',
  payment_policy: 'all',
  base_currency: 'USD',
  input_topic: 'orders',
  services: [{ name: 'fraud', state: 'running', detail: '' }],
}

function checkedCalls(app: App): TestApi['call'] {
  const paths = app.swagger().paths ?? {}
  return async (request) => {
    const response = await app.inject(request)
    const { statusCode, headers, payload: text } = response
    const path = request.url.split('?', 1)[0] ?? ''
    const operation = operationAt(paths, path, request.method ?? 'GET')
    if (operation && statusCode !== 204) checkBody(operation, statusCode, String(headers['content-type']), text)
    return { status: statusCode, headers, text, json: (schema) => Parse(schema, JSON.parse(text)) }
  }
}

type Operation = Readonly<{ responses: Readonly<Record<string, ResponseObject>> }>
type ResponseObject = Readonly<{ content?: Readonly<Record<string, Readonly<{ schema: object }>>> }>

function operationAt(paths: object, path: string, method: string): Operation | undefined {
  const matches = Object.entries(paths).filter(([template]) =>
    new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path),
  )
  const exact = matches.find(([template]) => template === path)
  const [, operations] = exact ?? matches.toSorted(([a], [b]) => a.length - b.length)[0] ?? []
  return (operations as Record<string, Operation> | undefined)?.[method.toLowerCase()]
}

function checkBody({ responses }: Operation, status: number, contentType: string, text: string): void {
  const response = responses[status] ?? responses[`${Math.floor(status / 100)}XX`]
  assert.ok(response, `status ${status} is not declared: ${text}`)
  const type = contentType.split(';', 1)[0] ?? ''
  const schema = response.content?.[type]?.schema
  assert.ok(schema, `content type ${type} is not declared for ${status}: ${Object.keys(response.content ?? {}).join()}`)
  const body: unknown = type.endsWith('json') ? JSON.parse(text) : text
  assert.ok(Check(schema, body), `the answer is not as its schema says: ${text.slice(0, 1000)}`)
}

function orderCounter(log: Log, store: OrderStore): TestApi['countOrders'] {
  const claims = new Map<number, Awaited<ReturnType<OrderStore['claim']>>>()
  return async () => {
    const topic = (await log.topics()).find(({ name }) => name === 'orders')
    assert.ok(topic)
    for (const { partition, end } of topic.partitions) {
      const shard = { group: 'analytics-group', topic: 'orders', topicId: topic.id, partition }
      const claim = claims.get(partition) ?? (await store.claim(shard, 'test'))
      const range = { topic: 'orders', partition, offset: claim.next, recordsMax: 10_000, bytesMax: 10_000_000 }
      const { records } = await log.read(range)
      const progress = progressTo(end, claim.next)
      if (end > claim.next) await store.applyOrders(claim, records.map(factOf), progress)
      claims.set(partition, { ...claim, from: claim.next, next: end })
    }
  }
}

function factOf(record: LogRecord) {
  const { order, json } = decodeOrder(record)
  const { offset, timestampMs } = record
  return { kind: 'order', offset, timestampMs, order, json, identity: identityOf(order, 'refuse') } as const
}

export const anOrderBody = {
  order_id: 7,
  customer_id: 1234,
  amount: 19.99,
  currency: 'USD',
  country: 'US',
  status: 'CREATED',
  created_at: '2026-01-01T10:00:00.000Z',
  source: 'test',
}

/** An order, or a batch, as JSON in a POST. */
export function postOf(body: unknown, { url = '/api/v1/orders', headers = {} } = {}): TestRequest {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  }
}
