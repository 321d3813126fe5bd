import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { openSqliteLog } from '../../src/adapters/sqlite/sqlite-log.ts'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { bytesOf } from '../../src/codec/bytes.ts'
import { redriveHeaders } from '../../src/codec/dead-letter-codec.ts'
import { decodeSnapshot } from '../../src/codec/analytics-codec.ts'
import type { Place } from '../../src/operations/journey-facts.ts'
import { encodeDecision } from '../../src/codec/decision-codec.ts'
import { OrdermillError } from '../../src/errors.ts'
import { journeyReader } from '../../src/operations/journey-reader.ts'
import type { Journey } from '../../src/operations/journey.ts'
import type { LogRecord } from '../../src/ports/log.ts'
import { orderRecord, rawRecord } from '../support/order-json.ts'
import { openRig, serviceNames, type Rig, type RigOptions } from '../support/pipeline-rig.ts'
import { tempDir } from '../support/temp.ts'

type Told = Rig & Readonly<{ tell: (orderId: number) => Promise<Journey> }>

async function openTold(t: TestContext, options: RigOptions = {}): Promise<Told> {
  const directory = await tempDir(t)
  const log = openSqliteLog({ file: join(directory, 'log.db') })
  const store = openSqliteStore({ file: join(directory, 'store.db') })
  t.after(async () => {
    await store.close()
    await log.close()
  })
  const rig = await openRig({ log, store, partitions: 3, policy: 'billable', ...options })
  return { ...rig, tell: journeyReader({ log, store, topic: 'orders' }) }
}

function kindsOf({ events }: Journey): readonly string[] {
  return events.map(({ kind }) => kind)
}

const flagged = { amount: 500, country: 'BR' }

describe('the journey of an order', () => {
  it('is received, cleared, charged, paid and counted, each with its record in the log', async (t) => {
    const rig = await openTold(t)
    const others = Array.from({ length: 50 }, (_, index) => orderRecord(100 + index))
    await rig.append(...others)
    const [place] = await rig.append(orderRecord(7))
    await rig.run(...serviceNames)
    const journey = await rig.tell(7)
    assert.deepEqual(kindsOf(journey), ['received', 'fraud-cleared', 'payment-decided', 'payment-settled', 'counted'])
    const { topic, partition, offset } = place ?? { topic: '', partition: 0, offset: 0 }
    const [received, , , paid, counted] = journey.events
    assert.deepEqual(received?.record, { topic, partition, offset })
    assert.equal(received.detail, 'CREATED, 12.34 USD, US, customer 1234')
    assert.deepEqual([paid?.title, paid?.record?.topic, paid?.group], ['Paid', 'payments', 'payments-group'])
    assert.equal(counted?.record?.topic, 'order-analytics')
    assert.match(counted.detail, /^order_count \d+, true for the records of its partition below \d+$/)
    for (const record of [paid?.record, counted.record]) await assertThere(rig, record ?? undefined)
    assert.deepEqual([journey.pending, journey.truncated, journey.identities], [[], false, 1])
    assert.ok((journey.durationMs ?? -1) >= 0)
  })

  it('says which rule flagged it, that it is held, and what was refused with its dead letter', async (t) => {
    const rig = await openTold(t)
    await rig.append(orderRecord(7, flagged))
    await rig.run(...serviceNames)
    // The same id with another amount: analytics and payment refuse it, fraud flags it once more.
    await rig.append(orderRecord(7, { ...flagged, amount: 501 }))
    await rig.run(...serviceNames)
    const journey = await rig.tell(7)
    const told = new Map(journey.events.map((event) => [event.kind, event]))
    const flag = told.get('fraud-flagged')
    assert.deepEqual([flag?.detail, flag?.record?.topic], ['HIGH_AMOUNT_RISKY_COUNTRY', 'fraud-alerts'])
    const held = told.get('payment-decided')
    assert.deepEqual([held?.title, held?.record?.topic], ['Held', 'payment-outcomes'])
    assert.equal(told.get('fraud-cleared'), undefined)
    const refused = journey.events.filter(({ kind }) => kind === 'refused')
    assert.deepEqual(new Set(refused.map(({ group }) => group)), new Set(['analytics-group', 'payments-group']))
    assert.equal(refused.length, 2)
    for (const { record, deadLetterId, detail } of refused) {
      await assertThere(rig, record ?? undefined)
      assert.ok(await rig.store.findDeadLetter(deadLetterId ?? ''))
      assert.match(detail, /known with another amount/)
    }
    // What each record itself says, not what was made of the first one.
    assert.deepEqual(
      journey.events.filter(({ kind }) => kind === 'received').map(({ title, detail }) => [title, amountIn(detail)]),
      [
        ['Received', '500.00 USD'],
        ['Received again', '501.00 USD'],
      ],
    )
    for (const event of journey.events.slice(1)) {
      if (event.sinceMs !== null && event.atMs !== null) assert.ok(event.atMs >= event.sinceMs, event.title)
    }
  })

  it('tells the operator’s decision, each failure of the gateway, and what came of it', async (t) => {
    const rig = await openTold(t, {
      gateway(_call, count) {
        if (count === 1) throw new OrdermillError('GATEWAY_UNAVAILABLE', 'no answer in time')
        return 'PAID'
      },
    })
    const order = orderRecord(7, flagged)
    await rig.append(order)
    await rig.run(...serviceNames)
    const topic = 'orders.payments-group.retry'
    const command = { decision: 'release', by: 'ab12' } as const
    const { key, value } = order
    await rig.append(encodeDecision({ topic, key, value: value ?? bytesOf(''), command, eventId: 'decision/1' }))
    await rig.run(...serviceNames)
    const { events, truncated } = await rig.tell(7)
    assert.deepEqual(
      events.filter(({ kind }) => /payment|operator/.test(kind)).map(({ title, record }) => [title, record?.topic]),
      [
        ['Held', 'payment-outcomes'],
        ['Operator: release', topic],
        ['To be charged', undefined],
        ['The gateway failed', undefined],
        ['Paid', 'payments'],
      ],
    )
    assert.equal(events.find(({ kind }) => kind === 'operator-decided')?.detail, 'by ab12')
    assert.equal(truncated, false)
  })

  it('tells each change of its status, what was declined, and what was redriven for one group', async (t) => {
    const rig = await openTold(t, { gateway: () => 'DECLINED' })
    await rig.append(orderRecord(7))
    await rig.run(...serviceNames)
    await rig.append(orderRecord(7, { status: 'CONFIRMED' }))
    await rig.run(...serviceNames)
    await rig.append({ ...orderRecord(7, { status: 'CANCELLED' }), topic: 'orders.analytics-group.retry' })
    await rig.run(...serviceNames)
    const { events, truncated } = await rig.tell(7)
    const titles = events.map(({ title }) => title)
    for (const title of ['Received', 'Declined', 'Status CONFIRMED', 'Status CONFIRMED counted', 'Redriven']) {
      assert.ok(titles.includes(title), `${title} is not among ${titles.join(', ')}`)
    }
    const retried = events.find(({ kind }) => kind === 'redriven')
    assert.deepEqual([retried?.group, retried?.record?.topic], ['analytics-group', 'orders.analytics-group.retry'])
    const counted = events.filter(({ kind }) => kind === 'counted')
    assert.deepEqual(
      counted.map(({ record }) => record?.offset),
      counted.map(({ record }) => record?.offset).toSorted((a, b) => (a ?? 0) - (b ?? 0)),
    )
    assert.equal(new Set(counted.map(({ record }) => record?.offset)).size, 3)
    assert.equal(truncated, false)
  })

  it('tells of a record that can’t be read by its key: refused by all, mended and redriven for one', async (t) => {
    const rig = await openTold(t)
    await rig.append(rawRecord('{oops', '7'))
    await rig.run(...serviceNames)
    const before = await rig.tell(7)
    assert.deepEqual(kindsOf(before), ['received', 'refused', 'refused', 'refused'])
    const letter = before.events.find(({ group }) => group === 'analytics-group')?.deadLetterId ?? ''
    const headers = [
      [redriveHeaders.of, bytesOf(letter)],
      [redriveHeaders.job, bytesOf('job-1')],
    ] as const
    const [place] = await rig.append({ ...orderRecord(7), topic: 'orders.analytics-group.retry', headers })
    await rig.run(...serviceNames)
    const { events, pending } = await rig.tell(7)
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['received', 'refused', 'refused', 'refused', 'redriven', 'counted'],
    )
    const redriven = events.at(-2)
    assert.deepEqual([redriven?.record?.offset, redriven?.deadLetterId], [place?.offset, letter])
    assert.equal(redriven?.detail, 'CREATED, for analytics-group alone, by job job-1')
    assert.equal(events.at(-1)?.sinceMs, redriven.atMs)
    assert.deepEqual(pending, [])
  })

  it('shows what no group has handled yet as received, and who has still to read it', async (t) => {
    const rig = await openTold(t)
    await rig.append(orderRecord(7))
    await rig.run(...serviceNames)
    await rig.append(orderRecord(8, flagged))
    const journey = await rig.tell(8)
    assert.deepEqual(kindsOf(journey), ['received'])
    assert.deepEqual(journey.pending.map(({ group }) => group).toSorted(), [
      'analytics-group',
      'fraud-group',
      'payments-group',
    ])
    await rig.run('fraud', 'payment')
    // The views have not read the alert: it is found in the log all the same, and never told as cleared.
    const later = await rig.tell(8)
    assert.deepEqual(kindsOf(later), ['received', 'fraud-flagged', 'payment-decided'])
    assert.deepEqual(
      later.pending.map(({ group }) => group),
      ['analytics-group'],
    )
    await assert.rejects(rig.tell(9), { code: 'NOT_FOUND' })
  })

  it('tells the newest order where ids are used again', async (t) => {
    const rig = await openTold(t, { reuse: 'replace' })
    await rig.append(orderRecord(7))
    await rig.run(...serviceNames)
    await rig.append(orderRecord(7, { created_at: '2026-03-04T05:06:07.890Z', amount: 99 }))
    await rig.run(...serviceNames)
    const { events, identities } = await rig.tell(7)
    assert.equal(identities, 2)
    assert.match(events[0]?.detail ?? '', /99\.00 USD/)
    assert.equal(events.filter(({ kind }) => kind === 'received').length, 1)
  })

  it('finds the first totals that include an order among many snapshots', async (t) => {
    const rig = await openTold(t, { batchRecordsMax: 1 })
    const count = 150
    await rig.append(...Array.from({ length: count }, (_, index) => orderRecord(index + 1)))
    await rig.run('analytics')
    const snapshots = await rig.records('order-analytics')
    assert.ok(snapshots.length > 100, 'more than are read at once')
    for (const id of [1, 2, 57, 100, 149, 150]) {
      const { events } = await rig.tell(id)
      const [place] = events.flatMap(({ kind, record }) => (kind === 'received' ? (record ?? []) : []))
      const first = snapshots.find((snapshot) => covers(snapshot, place))
      assert.equal(events.find(({ kind }) => kind === 'counted')?.record?.offset, first?.offset, `order ${id}`)
    }
  })

  it('says so when a topic was made again, and tells what the store keeps', async (t) => {
    const rig = await openTold(t)
    await rig.append(orderRecord(7))
    await rig.run(...serviceNames)
    await rig.log.deleteTopic('orders')
    await rig.log.createTopics([{ name: 'orders', partitions: 3, recordBytesMax: 1024 * 1024 }])
    const { events, pending } = await rig.tell(7)
    assert.match(events.find(({ kind }) => kind === 'received')?.record?.topic ?? '', /^a topic that is gone \(/)
    assert.equal(events.find(({ kind }) => kind === 'payment-settled')?.record?.topic, 'payments')
    assert.equal(events.find(({ kind }) => kind === 'counted')?.record, null)
    assert.deepEqual(pending, [])
  })
})

function covers(snapshot: LogRecord, place: Place | undefined): boolean {
  assert.ok(place)
  return decodeSnapshot(snapshot).nextOf(place.topic, place.partition) > place.offset
}

async function assertThere(
  { log }: Rig,
  place: Readonly<{ topic: string; partition: number; offset: number }> | undefined,
) {
  assert.ok(place)
  const { records } = await log.read({ ...place, recordsMax: 1, bytesMax: 1 })
  assert.equal(records[0]?.offset, place.offset)
}

function amountIn(detail: string): string | undefined {
  return /[\d.]+ USD/.exec(detail)?.[0]
}
