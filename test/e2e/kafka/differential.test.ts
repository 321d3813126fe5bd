import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { openSqliteLog } from '../../../src/adapters/sqlite/sqlite-log.ts'
import { createMissingTopics } from '../../../src/compose/create-topics.ts'
import { openLog } from '../../../src/compose/storage.ts'
import { readConfig } from '../../../src/config.ts'
import { seededRandom } from '../../../src/domain/random.ts'
import type { LogRecord, NewRecord } from '../../../src/ports/log.ts'
import type { Totals } from '../../../src/api/contract.ts'
import { startApp } from '../../support/app.ts'
import { makeInput, truthHeader } from '../../support/audit/input.ts'
import { readCommitted } from '../../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useOwnBroker } from '../../support/kafka/suite.ts'
import { readTopic, textOf, utf8 } from '../../support/log-harness.ts'
import { headerOf, jsonOf } from '../../support/order-json.ts'
import { tempDir } from '../../support/temp.ts'
import { groups, json, untilCaughtUp, type Environment } from './ordermill.ts'
import { storedThings } from './stored.ts'

const recordCount = 100_000
const chunkSize = 2_000
const letterTopics = groups.map((group) => `orders.${group}.dlq`)
const outputTopics = ['fraud-alerts', 'payments', 'payment-outcomes', 'order-analytics', ...letterTopics]

/** Every outcome that a payment can have. */
const settings: Environment = {
  ORDERMILL_PAYMENT_POLICY: 'billable',
  ORDERMILL_GATEWAY_LATENCY_MS: '0',
  ORDERMILL_GATEWAY_DECLINE_RATIO: '0.1',
  ORDERMILL_STORE: '',
  LOG_LEVEL: 'error',
  ORDERMILL_LOG_FORMAT: 'json',
}

const everyKind = ['paid', 'declined', 'skipped', 'held', 'duplicates', 'status_changes', 'dead_letters'] as const

/** Of either log, or Kafka's own reader. */
type Read = Pick<LogRecord, 'topic' | 'partition' | 'offset' | 'key' | 'value'> &
  Readonly<{ headers: readonly (readonly [name: string, value: Uint8Array | null])[] }>

/** What one run came to, without what depends on where and when a record was written. */
type Result = Readonly<{
  totals: ReturnType<typeof comparableTotals>
  stored: unknown
  outputs: ReadonlyMap<string, readonly string[]>
}>

/** Twice 100,000 orders keep two cores busy for more than half a minute, and others may want them too. */
const timeout = 240_000

describe('the same orders, embedded and on Kafka', kafkaSuiteOptions({ ownBroker: true }), () => {
  const broker = useOwnBroker()

  it('end in the same totals, documents, alerts, payments and dead letters', { timeout }, async (t) => {
    const input = orderedInput()
    const embedded = await tempDir(t)
    const onKafka = await tempDir(t)
    const kafka: Environment = { KAFKA_BOOTSTRAP_SERVERS: broker().bootstrap, ORDERMILL_STORE: 'sqlite' }
    const judge = () => readCommitted(broker().bootstrap, ['orders', ...outputTopics])
    const [expected, actual] = await Promise.all([
      resultOf(t, { dataDir: embedded, env: {}, input, read: () => readEmbedded(embedded) }),
      resultOf(t, { dataDir: onKafka, env: kafka, input, read: judge }),
    ])
    for (const name of everyKind) assert.ok(expected.totals.payments[name] > 0, `the input has no ${name}`)
    assert.deepEqual(actual.totals, expected.totals)
    compare(actual.stored, expected.stored, 'the store')
    for (const topic of outputTopics) compare(actual.outputs.get(topic), expected.outputs.get(topic), topic)
  })
})

/**
 * Which of two partitions makes an order is a race that any may win: here all records of an order are in one, as a
 * producer that sets the key has it. What has one record may have any key.
 */
function orderedInput(): readonly NewRecord[] {
  const input = makeInput({ count: recordCount, partitions: 1, reuseIds: false, random: seededRandom(4) })
  const idOf = (record: NewRecord): string | undefined =>
    headerOf(asRead(record), truthHeader) === 'order' ? String(jsonOf({ value: record.value })['order_id']) : undefined
  const ids = input.map(idOf)
  const counts = new Map<string, number>()
  for (const id of ids) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1)
  return input.map(({ topic, key, value, headers = [] }, index) => {
    const id = ids[index]
    return { topic, value, headers, key: id !== undefined && (counts.get(id) ?? 0) > 1 ? utf8(id) : key }
  })
}

function asRead({ headers = [] }: NewRecord): LogRecord {
  return { topic: '', topicId: '', partition: 0, offset: 0, timestampMs: 0, key: null, value: null, headers }
}

type Run = Readonly<{
  dataDir: string
  env: Environment
  input: readonly NewRecord[]
  read: () => Promise<readonly Read[]>
}>

async function resultOf(t: TestContext, { dataDir, env, input, read }: Run): Promise<Result> {
  const all = { ...settings, ...env }
  await append({ ...all, ORDERMILL_DATA_DIR: dataDir }, input)
  const app = await startApp(t, { dataDir, env: all })
  await untilCaughtUp(app.url)
  // They read what the others write.
  await untilCaughtUp(app.url, ['views-group'])
  const totals = comparableTotals(await json<Totals>(`${app.url}/api/v1/totals`))
  assert.equal(await app.end('SIGTERM'), 0, app.output())
  const stored = await storedThings(dataDir, 'KAFKA_BOOTSTRAP_SERVERS' in env)
  return { totals, stored, outputs: comparableOutputs(await read()) }
}

async function append(environment: Environment, input: readonly NewRecord[]): Promise<void> {
  const config = readConfig(environment)
  const { log, close } = await openLog(config, undefined)
  try {
    await createMissingTopics(log, config)
    for (let from = 0; from < input.length; from += chunkSize) await log.append(input.slice(from, from + chunkSize))
  } finally {
    await close()
  }
}

/** Whether a cancellation met a payment that was under way depends on how batches were cut. */
function comparableTotals({ as_of: _, payments_as_of: __, payments, ...totals }: Totals) {
  const { cancelled_after_paid: ___, ...comparable } = payments
  return { ...totals, payments: comparable }
}

async function readEmbedded(dataDir: string): Promise<readonly Read[]> {
  const log = openSqliteLog({ file: join(dataDir, 'log.db'), readOnly: true })
  try {
    return (await Promise.all(['orders', ...outputTopics].map((topic) => readTopic(log, topic)))).flat()
  } finally {
    await log.close()
  }
}

/** By topic, one sorted text a record: what it says, and which record of the input it is about. */
function comparableOutputs(records: readonly Read[]): ReadonlyMap<string, readonly string[]> {
  const byTopic = Map.groupBy(records, ({ topic }) => topic)
  const inputs = new Map(
    (byTopic.get('orders') ?? []).map((record) => [
      `${record.partition}-${record.offset}`,
      headerText(record, 'event-id'),
    ]),
  )
  assert.equal(inputs.size, recordCount)
  const textsOf = (topic: string): readonly string[] => {
    const ofTopic = byTopic.get(topic) ?? []
    if (topic === 'order-analytics') return [snapshotText(ofTopic.at(-1))]
    return ofTopic.map((record) => (topic.endsWith('.dlq') ? letterText(record) : eventText(record, inputs))).toSorted()
  }
  return new Map(outputTopics.map((topic) => [topic, textsOf(topic)]))
}

function headerText({ headers }: Read, name: string): string {
  return textOf(headers.findLast(([known]) => known === name)?.[1] ?? null) ?? ''
}

/** How many there are, and their ids, depend on how batches were cut: only the last one says the same everywhere. */
function snapshotText(record: Read | undefined): string {
  return (textOf(record?.value ?? null) ?? '').replace(/,"as_of":.*/, '')
}

function eventText(record: Read, inputs: ReadonlyMap<string, string>): string {
  const [, group = '', place = ''] = /^([\w-]+)\/.*-(\d+-\d+)$/.exec(headerText(record, 'event-id')) ?? []
  const value = (textOf(record.value) ?? '').replace(/,"timestamp":[\d.]+/, '')
  return [group, inputs.get(place), textOf(record.key), value].join(' ')
}

/** Headers of the record itself are kept in the letter, so that its event id names it. */
function letterText(record: Read): string {
  const own = record.headers
    .filter(([name]) => !/^__dlq\.errors\.(partition|offset|first\.failed\.at|delivery\.count)$/.test(name))
    .map(([name, value]) => `${name}=${textOf(value)}`)
  const bytes = (part: Uint8Array | null): string => (part === null ? 'null' : Buffer.from(part).toString('base64'))
  return [bytes(record.key), bytes(record.value), ...own].join(' ')
}

/** One by one: a difference of 100,000 lines tells nobody anything. */
function compare(actual: unknown, expected: unknown, what: string): void {
  assert.ok(Array.isArray(actual) && Array.isArray(expected), what)
  assert.ok(expected.length > 0, `${what} is empty`)
  const index = expected.findIndex((one, at) => one !== actual[at])
  if (index >= 0) assert.equal(actual[index], expected[index], `${what} differs at ${index} of ${expected.length}`)
  assert.equal(actual.length, expected.length, what)
}
