import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { retryTopic } from '../../src/codec/dead-letter-codec.ts'
import { orderGroups } from '../../src/codec/groups.ts'
import { OrdermillError } from '../../src/errors.ts'
import type { Job } from '../../src/operations/operations-state.ts'
import { textOf, utf8 } from '../support/log-harness.ts'
import { headerOf, headerTexts, orderRecord, orderValue, rawRecord } from '../support/order-json.ts'
import { openRedriveRig, type RedriveRig } from '../support/redrive-rig.ts'

const { analytics, fraud, payment } = orderGroups
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

const retried = async (rig: RedriveRig, group: string) => rig.records(retryTopic('orders', group))
const counts = ({ state, progress }: Job) => [state, progress.done, progress.detail]

/** An order without a country, with headers of its own, refused by all three groups. */
async function refusedByAll(rig: RedriveRig): Promise<void> {
  const value = JSON.stringify(orderValue(7, { country: '' }))
  const headers = [
    ['trace', utf8('t')],
    ['event-id', utf8('producer/1')],
  ] as const
  await rig.append({ topic: 'orders', key: utf8('k'), value: utf8(value), headers })
  await rig.settle()
}

describe('a redriven letter', () => {
  it('goes with its own bytes to the group that refused it, and to no other', async () => {
    const rig = await openRedriveRig()
    await refusedByAll(rig)
    const [letter] = await rig.letters(payment)
    const job = await rig.redrive({ ids: [letter?.id ?? ''] })
    assert.deepEqual(counts(job), ['done', 1, '1 redriven'])
    assert.equal(job.title, 'Redrive 1 letter to payments-group')
    assert.deepEqual([await retried(rig, fraud), await retried(rig, analytics)], [[], []])
    const [record, ...others] = await retried(rig, payment)
    assert.equal(others.length, 0)
    assert.deepEqual(
      [textOf(record?.key ?? null), textOf(record?.value ?? null)],
      ['k', JSON.stringify(orderValue(7, { country: '' }))],
    )
    assert.deepEqual(headerTexts(record?.headers ?? []), [
      ['trace', 't'],
      ['event-id', `redrive/${job.id}/1`],
      ['x-redrive-of', letter?.id],
      ['x-redrive-count', '1'],
      ['x-redrive-job', job.id],
    ])
  })

  it('is marked, stays as it was, and makes a new letter with one more redrive when it is refused again', async () => {
    const rig = await openRedriveRig()
    await refusedByAll(rig)
    const [before] = await rig.letters(payment)
    const [recordBefore] = await rig.records('orders.payments-group.dlq')
    const job = await rig.redrive({ filter: { group: payment } })
    const [recordAfter, again, ...none] = await rig.records('orders.payments-group.dlq')
    assert.deepEqual([recordAfter, none], [recordBefore, []])
    assert.equal(headerOf(again, '__dlq.errors.topic'), 'orders.payments-group.retry')
    const letters = await rig.letters(payment)
    const old = letters.find(({ id }) => id === before?.id)
    const fresh = letters.find(({ id }) => id !== before?.id)
    assert.deepEqual([old?.redriven?.job, old?.redriven?.topic], [job.id, 'orders.payments-group.retry'])
    assert.deepEqual([fresh?.redriveCount, fresh?.redriven], [1, null])
  })

  it('is quarantined after so many redrives, and redriven then only when that is asked for', async () => {
    const rig = await openRedriveRig({ redrivesMax: 2 })
    await refusedByAll(rig)
    const filter = { group: fraud }
    for (const expected of [1, 2]) {
      await rig.redrive({ filter })
      assert.deepEqual(
        (await rig.open()).filter(({ group }) => group === fraud).map(({ redriveCount }) => redriveCount),
        [expected],
      )
    }
    assert.deepEqual(counts(await rig.redrive({ filter })), ['done', 1, '0 redriven; 1 quarantined'])
    assert.equal((await retried(rig, fraud)).length, 2)
    assert.deepEqual(counts(await rig.redrive({ filter, quarantined: true })), ['done', 1, '1 redriven'])
    assert.equal((await retried(rig, fraud)).length, 3)
  })

  it('can be an edited copy: the order counts, and the letter keeps its bytes', async () => {
    const rig = await openRedriveRig()
    await refusedByAll(rig)
    const [letter] = await rig.letters(analytics)
    const [before] = await rig.records('orders.analytics-group.dlq')
    await rig.redrive({ ids: [letter?.id ?? ''], edit: { value: base64(orderValue(7)) } })
    const [story] = await rig.store.findOrder(7)
    assert.equal(story?.order?.status, 'CREATED')
    const [after] = await rig.records('orders.analytics-group.dlq')
    assert.deepEqual(after, before)
    assert.equal(
      (await rig.open()).some(({ group }) => group === analytics),
      false,
    )
  })
})

describe('a redrive', () => {
  it('of one order takes the letters of every group that refused it', async () => {
    const rig = await openRedriveRig()
    await rig.append(orderRecord(1), orderRecord(1, { amount: 99 }), orderRecord(2, { country: '' }))
    await rig.settle()
    const job = await rig.redrive({ filter: { order_id: 1 } })
    assert.deepEqual(
      [job.title, job.progress.detail],
      ['Redrive 2 letters to analytics-group and payments-group', '2 redriven'],
    )
    const each = await Promise.all([fraud, payment, analytics].map((group) => retried(rig, group)))
    assert.deepEqual(
      each.map(({ length }) => length),
      [0, 1, 1],
    )
  })

  it('takes what matches its filter, in the order in which it was refused, up to its limit', async () => {
    const rig = await openRedriveRig()
    // More than two steps, and many of one millisecond.
    const count = 1_200
    await rig.append(...Array.from({ length: count }, (_, index) => rawRecord('{', `${index}`)))
    await rig.append(orderRecord(50), orderRecord(50, { amount: 1 }))
    await rig.settle()
    const code = 'RECORD_INVALID'
    assert.deepEqual(counts(await rig.redrive({ filter: { group: fraud, code }, limit: 5 })), ['done', 5, '5 redriven'])
    const filter = { group: analytics, code }
    assert.deepEqual(counts(await rig.redrive({ filter })), ['done', count, `${count} redriven`])
    const records = await retried(rig, analytics)
    assert.equal(records.length, count)
    for (const ofPartition of Map.groupBy(records, ({ partition }) => partition).values()) {
      const keys = ofPartition.map(({ key }) => Number(textOf(key)))
      assert.deepEqual(
        keys,
        keys.toSorted((a, b) => a - b),
      )
    }
    await assert.rejects(rig.request({ filter: { ...filter, to_ms: 1 } }), { code: 'NOT_FOUND' })
  })

  it('takes nothing that is logged after it began, whatever the clocks say', async () => {
    const rig = await openRedriveRig()
    const bad = (first: number, count: number) =>
      Array.from({ length: count }, (_, index) => rawRecord('{', `${first + index}`))
    await rig.append(...bad(0, 600))
    await rig.settle()
    const step = rig.begin({ filter: { group: analytics } })
    const first = await step(undefined)
    await rig.append(...first.outputs, ...bad(600, 50))
    await rig.settle()
    const second = await step(first.cursor)
    const keys = [first, second].map(({ outputs }) => outputs.map(({ key }) => Number(textOf(key ?? null))))
    assert.deepEqual(
      keys.flat(),
      Array.from({ length: 600 }, (_, index) => index),
    )
    const third = await step(second.cursor)
    assert.deepEqual([third.outputs, third.progress.detail], [[], '600 redriven'])
  })

  it('of ids takes the oldest first, in whatever order they are named, up to its limit', async () => {
    const rig = await openRedriveRig()
    const count = 700
    await rig.append(...Array.from({ length: count }, (_, index) => rawRecord('{', `${index}`)))
    await rig.settle()
    const ids = (await rig.letters(analytics)).map(({ id }) => id)
    const limit = 600
    assert.deepEqual(counts(await rig.redrive({ ids, limit })), ['done', limit, `${limit} redriven`])
    const keys = (await retried(rig, analytics)).map(({ key }) => Number(textOf(key)))
    assert.deepEqual(
      keys,
      Array.from({ length: limit }, (_, index) => index),
    )
  })

  it('keeps the order of letters that are too large for one step', async () => {
    const rig = await openRedriveRig()
    const large = (first: number) =>
      Array.from({ length: 40 }, (_, index) => rawRecord(`{${'x'.repeat(100_000)}`, `${first + index}`))
    const conflicts = Array.from({ length: 20 }, (_, index) => orderRecord(50, { amount: index + 1 }))
    // What lies between is none of it, and parts the letters into two that are read side by side.
    await rig.append(...large(0), orderRecord(50), ...conflicts, ...large(40))
    await rig.settle()
    const filter = { group: analytics, code: 'RECORD_INVALID' }
    assert.deepEqual(counts(await rig.redrive({ filter })), ['done', 80, '80 redriven'])
    const keys = (await retried(rig, analytics)).map(({ key }) => Number(textOf(key)))
    assert.deepEqual(
      keys,
      Array.from({ length: 80 }, (_, index) => index),
    )
  })

  it('leaves out what is redriven already, is none of ours, or has left the log, and says so', async () => {
    const rig = await openRedriveRig()
    await refusedByAll(rig)
    const [letter] = await rig.letters(analytics)
    await rig.redrive({ ids: [letter?.id ?? ''] })
    const connect = [
      ['__dlq.errors.group', utf8('connect-sink')],
      ['__dlq.errors.topic', utf8('orders')],
      ['__dlq.errors.partition', utf8('0')],
      ['__dlq.errors.offset', utf8('3')],
    ] as const
    await rig.append({ topic: 'orders.fraud-group.dlq', key: null, value: utf8('{}'), headers: connect })
    await rig.settle()
    const [foreign] = await rig.letters('connect-sink')
    const job = await rig.redrive({ ids: [letter?.id ?? '', foreign?.id ?? '', 'nobody'] })
    assert.deepEqual(counts(job), [
      'done',
      3,
      '0 redriven; 1 redriven before; 1 not redrivable: none of our groups refused it; 1 not redrivable: no letter has this id',
    ])
  })

  it('is refused while another one is under way, or when there is nothing to redrive', async () => {
    const rig = await openRedriveRig()
    await assert.rejects(rig.request({}), { code: 'NOT_FOUND' })
    await refusedByAll(rig)
    const first = await rig.request({})
    await assert.rejects(
      rig.request({}),
      (error) => error instanceof OrdermillError && error.code === 'JOB_ACTIVE' && error.message.includes(first.id),
    )
  })
})
