import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { groupList, problem } from '../../src/api/contract.ts'
import { auditPage } from '../../src/api/contract/audit.ts'
import { groupAction, seekPreview } from '../../src/api/contract/groups.ts'
import { operationsTopic } from '../../src/codec/operation-codec.ts'
import { OrdermillError } from '../../src/errors.ts'
import { anOrderBody, openTestApi, postOf, type Overrides, type TestApi } from '../support/api.ts'
import { waitFor } from '../support/wait-for.ts'

const group = 'fraud-group'

/** Two partitions of `orders` with three records each, of which the group has read two and none. */
async function openWithGroup(t: Parameters<typeof openTestApi>[0], overrides: Overrides = {}): Promise<TestApi> {
  const api = await openTestApi(t, overrides)
  await api.log.createTopics([{ name: operationsTopic, partitions: 1, recordBytesMax: 1_000_000 }])
  const value = new TextEncoder().encode(JSON.stringify(anOrderBody))
  for (const partition of [0, 0, 0, 1, 1, 1]) await api.log.append([{ topic: 'orders', key: null, value, partition }])
  await api.log.seek(group, [
    { topic: 'orders', partition: 0, offset: 2 },
    { topic: 'orders', partition: 1, offset: 0 },
  ])
  return api
}

const seekOf = (body: object, action = 'seek', name = group) =>
  postOf(body, { url: `/api/v1/groups/${name}/${action}` })
const changeOf = (action: 'pause' | 'resume', name = group) => postOf({}, { url: `/api/v1/groups/${name}/${action}` })

async function auditOf({ call }: TestApi) {
  return (await call({ url: '/api/v1/audit' })).json(auditPage).items.map(({ action, target, from, to }) => {
    return [action, target, from, to].join(' | ')
  })
}

describe('groups', () => {
  it('are listed with their lag, and with who owns each partition', async (t) => {
    const { log, call } = await openWithGroup(t)
    const groups = async () => (await call({ url: '/api/v1/groups' })).json(groupList).items
    const [before] = await groups()
    assert.deepEqual(
      before?.partitions.map(({ lag_records, owner, stuck }) => ({ lag_records, owner, stuck })),
      [
        { lag_records: 1, owner: null, stuck: false },
        { lag_records: 3, owner: null, stuck: false },
      ],
    )
    assert.deepEqual([before.lag_records, before.paused, before.stuck], [4, false, false])

    const leave = new AbortController()
    const subscription = { group, topics: ['orders'], recordsMax: 10, bytesMax: 1_000_000 }
    const done = log.transform(subscription, () => Promise.resolve([]), leave.signal)
    await waitFor('it is read', async () => (await groups())[0]?.lag_records === 0)
    const owners = (await groups())[0]?.partitions.map(({ owner }) => owner)
    assert.deepEqual(owners, ['member 1', 'member 1'])
    leave.abort()
    await done
  })

  it('are stuck when nothing of them moves for as long as it is set to', async (t) => {
    const { call } = await openWithGroup(t, { settings: { stuckSeconds: 0.02 } })
    await call({ url: '/api/v1/groups' })
    await waitFor('it is stuck', async () => {
      const [one] = (await call({ url: '/api/v1/groups' })).json(groupList).items
      return one?.stuck === true && one.partitions.every(({ stuck, idle_seconds }) => stuck && idle_seconds > 0)
    })
    await call(changeOf('pause'))
    const [paused] = (await call({ url: '/api/v1/groups' })).json(groupList).items
    assert.deepEqual([paused?.paused, paused?.stuck], [true, false])
  })

  it('are paused and resumed, each written down once', async (t) => {
    const api = await openWithGroup(t)
    for (const action of ['pause', 'pause', 'resume', 'resume', 'pause'] as const) {
      const answer = (await api.call(changeOf(action))).json(groupAction)
      assert.deepEqual(answer, { group, paused: action === 'pause' })
    }
    assert.deepEqual(await auditOf(api), [
      `pause | ${group} | running | paused`,
      `resume | ${group} | paused | running`,
      `pause | ${group} | running | paused`,
    ])
  })

  it('are moved as the preview said, which moves nothing and is not written down', async (t) => {
    const api = await openWithGroup(t)
    const body = { topic: 'orders', partition: 0, offset: 0 }
    const preview = (await api.call(seekOf(body, 'seek/preview'))).json(seekPreview)
    assert.deepEqual(
      preview.partitions.map(({ from, to, skips, repeats }) => [from, to, skips, repeats]),
      [[2, 0, 0, 2]],
    )
    assert.match(preview.effects.join(), /up to 2 records are judged again/)
    assert.equal((await api.log.lag(group))[0]?.committed, 2)
    assert.deepEqual(await auditOf(api), [])

    const moved = (await api.call(seekOf(body))).json(seekPreview)
    assert.deepEqual(moved, preview)
    assert.equal((await api.log.lag(group))[0]?.committed, 0)
    assert.deepEqual(await auditOf(api), [`seek | ${group} | orders-0@2 | orders-0@0`])

    const again = (await api.call(seekOf(body))).json(seekPreview)
    assert.deepEqual([again.skips, again.repeats, again.effects], [0, 0, []])
    assert.equal((await auditOf(api)).length, 1, 'what moves nothing is no change')
  })

  it('are moved to a time, to the beginning and to the end, all partitions at once', async (t) => {
    const api = await openWithGroup(t)
    const to = async (body: object) => {
      const { partitions } = (await api.call(seekOf(body))).json(seekPreview)
      return partitions.map((partition) => partition.to)
    }
    assert.deepEqual(await to({ to: 'end' }), [3, 3])
    assert.deepEqual(await to({ to: 'beginning' }), [0, 0])
    const { records } = await api.log.read({ topic: 'orders', partition: 0, offset: 0, recordsMax: 9, bytesMax: 9_999 })
    const expected = [0, 1].map((partition) => api.log.offsetAt('orders', partition, records[2]?.timestampMs ?? 0))
    const time = new Date(records[2]?.timestampMs ?? 0).toISOString()
    assert.deepEqual(await to({ time }), await Promise.all(expected))
  })

  it('are not moved by what makes no sense, and say why', async (t) => {
    const api = await openWithGroup(t)
    const nonsense: readonly (readonly [object, RegExp])[] = [
      [{}, /exactly one of offset, time and to/],
      [{ offset: 1, to: 'end', topic: 'orders', partition: 0 }, /exactly one of/],
      [{ offset: 1 }, /\/offset is of one partition/],
      [{ offset: 4, topic: 'orders', partition: 0 }, /\/offset is beyond the end of orders-0, which is 3/],
      [{ to: 'end', partition: 0 }, /\/partition needs the topic/],
      [{ to: 'end', topic: 'orders', partition: 2 }, /\/partition is none of orders, which has 2/],
      [{ to: 'end', topic: 'payments' }, /\/topic is none that fraud-group reads: orders/],
      [{ time: '2999-01-01T00:00:00Z' }, /\/time is in the future/],
      [{ time: '1969-01-01T00:00:00Z' }, /\/time must be a time since 1970/],
    ]
    for (const [body, reason] of nonsense) {
      for (const action of ['seek', 'seek/preview']) {
        const answer = await api.call(seekOf(body, action))
        assert.equal(answer.status, 400, answer.text)
        assert.match(answer.json(problem).detail, reason)
      }
    }
    assert.deepEqual(
      (await api.log.lag(group)).map(({ committed }) => committed),
      [2, 0],
    )
    assert.deepEqual(await auditOf(api), [])
  })

  it('that are not there, or not ordermill’s to control, are refused', async (t) => {
    const api = await openWithGroup(t)
    await api.log.seek('a-strangers-group', [{ topic: 'orders', partition: 0, offset: 1 }])
    const status = async (request: Parameters<TestApi['call']>[0]) => (await api.call(request)).status
    assert.equal(await status(seekOf({ to: 'end' }, 'seek', 'nobody')), 404)
    assert.equal(await status(changeOf('pause', 'nobody')), 404)
    assert.equal(await status(changeOf('pause', 'a-strangers-group')), 400)
    assert.equal(await status(changeOf('pause', 'operations-group')), 400)
    assert.equal(await status(seekOf({ to: 'end' }, 'seek', 'operations-group')), 400)
    assert.equal(await status(seekOf({ to: 'end' }, 'seek', 'a-strangers-group')), 200)
  })

  it('say in the audit log when a move that was asked for could not be made', async (t) => {
    const open = await openWithGroup(t)
    const away = new OrdermillError('LOG_UNAVAILABLE', 'it does not come to rest')
    const log = { ...open.log, seek: () => Promise.reject(away) }
    const api = { ...(await openTestApi(t, { log })), log: open.log }
    assert.equal((await api.call(seekOf({ to: 'end' }))).status, 503)
    const [failed, asked] = await auditOf(api)
    assert.equal(asked, `seek | ${group} | orders-0@2 orders-1@0 | orders-0@3 orders-1@3`)
    assert.match(failed ?? '', /not moved: LOG_UNAVAILABLE: it does not come to rest$/)
  })
})
