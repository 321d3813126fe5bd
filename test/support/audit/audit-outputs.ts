import type { LogRecord } from '../../../src/ports/log.ts'
import { headerOf, jsonOf } from '../order-json.ts'
import { placeOf, type Facts, type OrderRecord } from './facts.ts'
import type { Payment } from './audit-payments.ts'

type Complain = (complaint: string) => void

/** Whether an event may be on its topic more than once: only where faults took the group's offsets away. */
export type Repeats = 'none' | 'by event id'

/** A topic holds exactly the events of `expected`, by event id. */
export function auditEvents(
  topic: string,
  records: readonly LogRecord[],
  expected: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
  repeats: Repeats,
  complain: Complain,
): void {
  const seen = new Set<string>()
  for (const record of records) {
    const id = headerOf(record, 'event-id') ?? ''
    const body = expected.get(id)
    if (!body) complain(`I8: ${topic} has ${id || 'a record without an event id'}, which nothing in the input made`)
    if (seen.has(id) && repeats === 'none') complain(`I2: ${topic} has ${id} twice`)
    seen.add(id)
    const json = jsonOf(record)
    const wrong = Object.entries(body ?? {}).find(([name, value]) => json[name] !== value)
    if (wrong) complain(`I8: ${topic} has ${id} with ${wrong[0]} ${String(json[wrong[0]])}, not ${String(wrong[1])}`)
  }
  for (const id of expected.keys()) if (!seen.has(id)) complain(`I8: ${topic} lacks ${id}`)
}

export function expectedAlerts({ orders }: Facts): ReadonlyMap<string, Record<string, unknown>> {
  const alerts = orders.filter(({ flagged }) => flagged)
  const alertOf = (order: OrderRecord) => ({
    ...bodyOf(order),
    reason: 'HIGH_AMOUNT_RISKY_COUNTRY',
    created_at: new Date(order.createdAtMs).toISOString(),
  })
  return new Map(alerts.map((order) => [`fraud-group/${order.place}`, alertOf(order)]))
}

export function expectedOutcomes(
  payments: ReadonlyMap<string, Payment>,
  takes: (outcome: string) => boolean,
): ReadonlyMap<string, Record<string, unknown>> {
  const taken = [...payments.values()].filter(({ outcome }) => takes(outcome))
  return new Map(
    taken.map(({ order, outcome }) => [`payments-group/${order.place}`, { ...bodyOf(order), status: outcome }]),
  )
}

function bodyOf({ orderId, country, currency, record }: OrderRecord): Record<string, unknown> {
  return { order_id: orderId, country, currency, amount: jsonOf(record)['amount'] }
}

/** One letter for each refused record: its key, value and headers byte for byte, and where it was. */
export function auditLetters(
  group: string,
  letters: readonly LogRecord[],
  refused: ReadonlyMap<string, LogRecord>,
  repeats: Repeats,
  complain: Complain,
): void {
  const seen = new Set<string>()
  for (const letter of letters) {
    const at = refusedPlace(letter)
    const record = refused.get(at)
    if (!record) complain(`I8: ${group} has a dead letter for ${at}, which it should have read`)
    if (seen.has(at) && repeats === 'none') complain(`I2: ${group} has two dead letters for ${at}`)
    seen.add(at)
    if (record && !isCopy(letter, record)) complain(`I8: the dead letter of ${group} for ${at} is not byte for byte`)
  }
  for (const at of refused.keys()) if (!seen.has(at)) complain(`I1: ${group} has no dead letter for ${at}`)
}

/** At least; where a field is wrong, one more says which. */
const reasonHeadersMin = 9

function isCopy(letter: LogRecord, record: LogRecord): boolean {
  const own = record.headers.every(([expectedName, expected], index) => {
    const [name, value] = letter.headers[index] ?? []
    return name === expectedName && sameBytes(value ?? null, expected)
  })
  const reason = letter.headers.slice(record.headers.length)
  return (
    own &&
    reason.length >= reasonHeadersMin &&
    reason.every(([name]) => name.startsWith('__dlq.errors.')) &&
    sameBytes(letter.key, record.key) &&
    sameBytes(letter.value, record.value)
  )
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0
}

/** Where the record was that a letter is about, by its own account. */
export function refusedPlace(letter: LogRecord): string {
  return ['topic', 'partition', 'offset'].map((name) => headerOf(letter, `__dlq.errors.${name}`)).join('-')
}

export function refusedAt(records: readonly LogRecord[]): ReadonlyMap<string, LogRecord> {
  return new Map(records.map((record) => [`${record.topic}-${record.partition}-${record.offset}`, record]))
}

/** Ids of snapshots are positions of the input, each at most once; which ones depends on how batches were cut. */
export function auditSnapshotIds(
  facts: Facts,
  snapshots: readonly LogRecord[],
  repeats: Repeats,
  complain: Complain,
): void {
  const possible = new Set(facts.all.map((record) => `analytics-group/${placeOf(record)}`))
  const seen = new Set<string>()
  for (const record of snapshots) {
    const id = headerOf(record, 'event-id') ?? ''
    if (!possible.has(id)) complain(`I8: order-analytics has ${id}, which no input made`)
    if (seen.has(id) && repeats === 'none') complain(`I2: order-analytics has ${id} twice`)
    seen.add(id)
  }
}
