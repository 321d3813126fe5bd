import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { auditPage } from '../../src/api/contract/audit.ts'
import { deadLetterPage, problem } from '../../src/api/contract.ts'
import { job } from '../../src/api/contract/jobs.ts'
import { redrivePreview } from '../../src/api/contract/redrive.ts'
import { openTestApi, postOf, type TestApi } from '../support/api.ts'
import { orderRecord, orderValue, rawRecord } from '../support/order-json.ts'
import { openRedriveRig, type RedriveRig } from '../support/redrive-rig.ts'

const url = '/api/v1/dead-letters/redrive'
const base64 = (text: string) => Buffer.from(text).toString('base64')

async function openRedriving(t: TestContext): Promise<Readonly<{ api: TestApi; rig: RedriveRig }>> {
  const rig = await openRedriveRig()
  const { log, store } = rig
  return { api: await openTestApi(t, { log, store }), rig }
}

describe('redriving over HTTP', () => {
  it('refuses bodies that say neither or both of ids and filter, or edit more than one letter', async (t) => {
    const { api } = await openRedriving(t)
    const edit = { value: base64('{}') }
    const bodies = [
      {},
      { ids: ['a'], filter: {} },
      { ids: [] },
      { filter: { nothing: 1 } },
      { filter: { from: 'yesterday' } },
      { filter: {}, limit: 0 },
      { filter: {}, edit },
      { ids: ['a', 'b'], edit },
      { ids: ['a'], edit: { value: 'no base64!' } },
    ]
    for (const body of bodies) {
      for (const path of [url, `${url}/preview`]) {
        const answer = await api.call(postOf(body, { url: path }))
        assert.deepEqual([answer.status, answer.json(problem).code], [400, 'REQUEST_INVALID'], JSON.stringify(body))
      }
    }
    const large = { ids: ['a'], edit: { value: base64('x'.repeat(1024 * 1024 + 1)) } }
    assert.equal((await api.call(postOf(large, { url }))).status, 413)
  })

  it('makes one job of a request that is sent again, and refuses another request meanwhile', async (t) => {
    const { api, rig } = await openRedriving(t)
    const nothing = await api.call(postOf({ filter: {} }, { url }))
    assert.deepEqual([nothing.status, nothing.json(problem).code], [404, 'NOT_FOUND'])
    await rig.append(rawRecord('{'), rawRecord('['))
    await rig.settle()
    const keyed = { url, headers: { 'idempotency-key': 'k' } }
    const first = await api.call(postOf({ filter: { code: 'RECORD_INVALID' } }, keyed))
    const { id, title, state } = first.json(job)
    assert.deepEqual(
      [first.status, first.headers['location'], state, title],
      [202, `/api/v1/jobs/${id}`, 'waiting', 'Redrive 6 letters to analytics-group and fraud-group and payments-group'],
    )
    const again = await api.call(postOf({ filter: { code: 'RECORD_INVALID' } }, keyed))
    assert.deepEqual([again.status, again.json(job).id], [202, id])
    const reused = await api.call(postOf({ filter: {} }, keyed))
    assert.deepEqual([reused.status, reused.json(problem).code], [422, 'IDEMPOTENCY_KEY_REUSED'])
    const second = await api.call(postOf({ filter: {} }, { url }))
    assert.deepEqual([second.status, second.json(problem).code], [409, 'JOB_ACTIVE'])
    const { items } = (await api.call({ url: '/api/v1/audit' })).json(auditPage)
    assert.deepEqual(
      items.map(({ action, target, job: of }) => [action, target, of]),
      [['redrive', title, id]],
    )
  })
})

describe('the preview of a redrive', () => {
  it('says what then comes of it, for each group and one after the other, and changes nothing', async (t) => {
    const { api, rig } = await openRedriving(t)
    const conflict = orderRecord(1, { amount: 99 })
    await rig.append(orderRecord(1), conflict, rawRecord('{', '2'), orderRecord(3, { status: 'LOST' }))
    await rig.settle()
    const end = (await rig.log.topics()).map(({ partitions }) => partitions)
    const preview = (await api.call(postOf({ filter: {} }, { url: `${url}/preview` }))).json(redrivePreview)
    assert.deepEqual(
      (await rig.log.topics()).map(({ partitions }) => partitions),
      end,
    )
    assert.deepEqual([preview.matching, preview.more, preview.not_redrivable], [8, false, 0])
    const outcomes = Object.fromEntries(preview.groups.map(({ group, outcomes: of }) => [group, of]))
    assert.deepEqual(outcomes, {
      'fraud-group': { 'refused again': 2 },
      'payments-group': { 'refused again': 3 },
      'analytics-group': { 'refused again': 3 },
    })
    await rig.redrive({})
    const left = (await api.call({ url: '/api/v1/dead-letters?state=open' })).json(deadLetterPage).items
    assert.deepEqual(
      left.map(({ redrive_count: count, quarantined }) => `${count} ${quarantined}`),
      Array.from({ length: 8 }, () => '1 false'),
    )
  })

  it('judges the edited bytes', async (t) => {
    const { api, rig } = await openRedriving(t)
    await rig.append(orderRecord(1), orderRecord(9, { country: '', amount: 400 }))
    await rig.settle()
    const { items } = (await api.call({ url: '/api/v1/dead-letters' })).json(deadLetterPage)
    const values = [
      [orderValue(9, { country: 'DE', amount: 400 }), { fraud: 'alert', payments: 'charged', analytics: 'counted' }],
      [orderValue(1), { fraud: 'no alert', payments: 'duplicate', analytics: 'duplicate' }],
      [
        orderValue(1, { status: 'CANCELLED' }),
        { fraud: 'no alert', payments: 'status change', analytics: 'status change' },
      ],
      [orderValue(1, { customer_id: 1 }), { fraud: 'no alert', payments: 'refused again', analytics: 'refused again' }],
    ] as const
    for (const [value, expected] of values) {
      for (const { id, group } of items) {
        const body = { ids: [id], edit: { value: base64(JSON.stringify(value)) } }
        const { letters } = (await api.call(postOf(body, { url: `${url}/preview` }))).json(redrivePreview)
        const known = new Map(Object.entries(expected)).get(group.replace('-group', ''))
        assert.deepEqual(
          letters.map(({ outcome }) => outcome),
          [known],
          `${group} ${JSON.stringify(value)}`,
        )
      }
    }
  })

  it('judges each letter after those before it: the second of two equal orders would be a duplicate', async () => {
    const rig = await openRedriveRig({ reuse: 'replace' })
    const store = rig.store
    const refusing = await openRedriveRig({ log: rig.log, store })
    const [first, other] = [orderRecord(1), orderRecord(1, { created_at: '2026-05-05T05:05:05Z' })]
    await rig.append(first, other, other)
    await refusing.settle()
    const outcomes = (await rig.preview({ filter: { group: 'analytics-group' } })).letters.map(({ outcome }) => outcome)
    assert.deepEqual(outcomes, ['counted', 'duplicate'])
    await rig.redrive({ filter: { group: 'analytics-group' } })
    const { totals } = await store.totals()
    assert.deepEqual([totals.overall.orderCount, totals.duplicates], [2, 1])
  })
})
