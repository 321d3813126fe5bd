import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { orderGroups, viewsGroup } from '../../src/codec/groups.ts'
import { eventIdHeader } from '../../src/codec/bytes.ts'
import { previewSeek, seekGroup, setPaused } from '../../src/operations/group-control.ts'
import type { SeekTarget } from '../../src/operations/group-seek.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import type { LogRecord } from '../../src/ports/log.ts'
import { manualClock } from '../support/manual-clock.ts'
import { headerOf, jsonOf, orderRecord, rawRecord } from '../support/order-json.ts'
import { openRig, type Rig } from '../support/pipeline-rig.ts'

const beginning = { kind: 'beginning' } as const
const end = { kind: 'end' } as const

/** Moves the input of a group, and returns what was said of it, which a preview said before. */
async function seek({ log, store }: Rig, group: string, target: SeekTarget, topic = 'orders') {
  const deps = { log, store, operations: operationsLog(log), clock: Date.now }
  const request = { group, topic, target }
  if (group === orderGroups.payment) await setPaused(deps, { group, paused: true, principal: 'test' })
  const before = await previewSeek(deps, request)
  const done = await seekGroup(deps, request, 'test')
  assert.deepEqual(done, before)
  const [lag] = (await log.lag(group)).filter((one) => one.topic === topic)
  assert.equal(lag?.committed, done.moves[0]?.to)
  return { move: done.moves[0], effects: done.effects.join('\n') }
}

const suspicious = (orderId: number) => orderRecord(orderId, { amount: 999, country: 'DE' })
const orderIds = (records: readonly LogRecord[]) => records.map((record) => jsonOf(record)['order_id'])
const eventIds = (records: readonly LogRecord[]) => records.map((record) => headerOf(record, eventIdHeader))

/** What a seek says must be what the services then do. */
describe('moving a group', () => {
  it('fraud: back repeats alerts with the same event ids, which count once; forward leaves them out', async () => {
    const rig = await openRig()
    await rig.append(suspicious(1), suspicious(2))
    await rig.run('fraud', 'views')
    const back = await seek(rig, orderGroups.fraud, beginning)
    assert.deepEqual([back.move?.repeats, back.move?.skips], [2, 0])
    assert.match(back.effects, /once more, with the same event ids/)
    await rig.run('fraud')
    await rig.run('views')
    const alerts = await rig.records('fraud-alerts')
    assert.deepEqual(orderIds(alerts), [1, 2, 1, 2])
    assert.equal(new Set(eventIds(alerts)).size, 2)
    assert.equal((await rig.store.viewCounts()).alerts, 2)

    await rig.append(suspicious(3))
    const forward = await seek(rig, orderGroups.fraud, end)
    assert.deepEqual([forward.move?.repeats, forward.move?.skips], [0, 1])
    assert.match(forward.effects, /are not written, unless the group is moved back/)
    await rig.append(suspicious(4))
    await rig.run('fraud')
    assert.deepEqual(orderIds(await rig.records('fraud-alerts')), [1, 2, 1, 2, 4])
  })

  it('payment: forward leaves orders unpaid for good, back charges nobody again', async () => {
    const rig = await openRig()
    const charged = () => rig.calls.map(({ charge }) => charge.orderId)
    await rig.append(orderRecord(1))
    await rig.run('payment')
    await rig.append(orderRecord(2), orderRecord(3))
    const forward = await seek(rig, orderGroups.payment, end)
    assert.match(forward.effects, /WARNING: .*no order is charged.* counts them as duplicates/)
    await rig.append(orderRecord(4))
    await rig.run('payment')
    assert.deepEqual(charged(), [1, 4])
    assert.deepEqual((await rig.store.payments()).tally.duplicates, 2)
    assert.deepEqual(await rig.store.findOrder(2), [])

    const back = await seek(rig, orderGroups.payment, beginning)
    assert.match(back.effects, /no order is charged again or anew/)
    await rig.run('payment')
    assert.deepEqual(charged(), [1, 4])
    const payments = await rig.records('payments')
    assert.equal(new Set(eventIds(payments)).size, 2)
    // The last batch may be written once more, and was.
    assert.deepEqual(orderIds(payments), [1, 4, 4])

    await rig.append(orderRecord(2))
    await rig.run('payment')
    assert.deepEqual(charged(), [1, 4, 2])
  })

  it('payment: forward holds orders where retention has removed what was paid before', async () => {
    const clock = manualClock()
    const log = openMemoryLog({ now: clock.now })
    await log.createTopics([{ name: 'payments', partitions: 1, retentionMs: 1_000, recordBytesMax: 100_000 }])
    const rig = await openRig({ log, now: clock.now })
    for (const orderId of [1, 2, 3]) {
      await rig.append(orderRecord(orderId))
      await rig.run('payment')
      clock.advance(100_000)
    }
    await rig.append(orderRecord(4))
    const forward = await seek(rig, orderGroups.payment, end)
    assert.match(forward.effects, /WARNING: .*become HELD/)
    await rig.append(orderRecord(5))
    await rig.run('payment')
    const [skipped] = await rig.store.findOrder(4)
    assert.equal(skipped?.payment?.ledger.payment.status, 'HELD')
    assert.equal(rig.calls.length, 4)
  })

  it('analytics: forward counts all the same and leaves dead letters out, back counts nothing twice', async () => {
    const rig = await openRig()
    const counted = async () => {
      const { overall, deadLetters } = (await rig.store.totals()).totals
      return [overall.orderCount, deadLetters]
    }
    await rig.append(orderRecord(1))
    await rig.run('analytics')
    await rig.append(orderRecord(2), rawRecord('{'))
    const forward = await seek(rig, orderGroups.analytics, end)
    assert.match(forward.effects, /totals, orders and series stay complete/)
    await rig.append(orderRecord(3))
    await rig.run('analytics')
    assert.deepEqual(await counted(), [3, 1])
    const letters = () => rig.records('orders.analytics-group.dlq')
    assert.deepEqual(await letters(), [])

    const back = await seek(rig, orderGroups.analytics, beginning)
    assert.match(back.effects, /nothing is counted again or anew/)
    await rig.run('analytics')
    assert.deepEqual(await counted(), [3, 1])
    assert.deepEqual(await letters(), [])
  })

  it('views: neither way changes what the lists hold', async () => {
    const rig = await openRig()
    await rig.append(suspicious(1))
    await rig.run('fraud')
    await rig.run('views')
    await rig.append(suspicious(2))
    await rig.run('fraud')
    const forward = await seek(rig, viewsGroup, end, 'fraud-alerts')
    assert.deepEqual([forward.move?.skips, forward.move?.repeats], [1, 0])
    await rig.append(suspicious(3))
    await rig.run('fraud')
    await rig.run('views')
    assert.equal((await rig.store.viewCounts()).alerts, 3)
    const back = await seek(rig, viewsGroup, beginning, 'fraud-alerts')
    assert.match(back.effects, /without any effect/)
    await rig.run('views')
    assert.equal((await rig.store.viewCounts()).alerts, 3)
  })
})
