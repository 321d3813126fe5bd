import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GroupList } from '../../../src/api/contract.ts'
import { createTopicsByJava } from '../../support/kafka/create-topics.ts'
import { readCommitted } from '../../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useCoordinatedBroker } from '../../support/kafka/suite.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'
import { json, site, untilCaughtUp, type Running } from './ordermill.ts'

describe('processes of ordermill run', kafkaSuiteOptions({ ownBroker: true }), () => {
  const broker = useCoordinatedBroker()

  it('share the partitions of a service, and do nothing twice when one leaves', async (t) => {
    const { bootstrap } = broker()
    const here = site(t, {
      bootstrap,
      dataDir: await tempDir(t),
      env: { TOPIC_NAME: 'shared', SLEEP_SECONDS: '0.002' },
    })
    const first = await here.service('payment')
    const [second, ...analytics] = await Promise.all([
      here.service('payment'),
      here.service('analytics'),
      here.service('analytics'),
    ])
    const api = await here.server(['run', 'api'])
    const producer = await here.service('producer', { LOG_LEVEL: 'trace' })
    const members = [first, second, ...analytics]
    await waitFor('each has handled records', async () => (await Promise.all(members.map(processed))).every(Boolean))
    assert.equal((await first.end('SIGTERM')).code, 0)
    const before = await processed(second)
    await waitFor('the one that is left goes on', async () => (await processed(second)) > before + 500)
    const { code, stdout, stderr } = await producer.end('SIGTERM')
    assert.equal(code, 0, stderr)
    const lines = stdout.trimEnd().split('\n')
    for (const line of lines) assert.match(line, /^order=\d+ topic=shared partition=\d offset=\d+$/)
    assert.match(stderr, /^\{"level":/m, 'what it logs is elsewhere')
    const count = lines.length

    await untilCaughtUp(api.url, ['payments-group', 'analytics-group'])
    const { order_count: counted, duplicates, payments } = await api.totals()
    assert.deepEqual([counted, duplicates, payments.paid, payments.duplicates], [count, 0, count, 0])
    const paid = await readCommitted(bootstrap, ['payments'])
    assert.deepEqual([paid.length, new Set(paid.map(({ key }) => String(key))).size], [count, count])
    for (const one of [second, ...analytics, api]) {
      const ended = await one.end('SIGTERM')
      assert.equal(ended.code, 0, ended.stderr)
    }
  })

  it('finish at SIGTERM what they have begun, and end at once by a second signal', async (t) => {
    const { bootstrap } = broker()
    await createTopicsByJava(bootstrap, { slow: 1 })
    const dataDir = await tempDir(t)
    const env = { TOPIC_NAME: 'slow', SLEEP_SECONDS: '0' }
    const here = site(t, { bootstrap, dataDir, env })
    const api = await here.server(['run', 'api'])
    const charging = () => waitFor('charges are under way', async () => (await payments(api, 'PENDING')) > 0)
    const reader = await here.service('analytics')

    // Before it begins, so that its first batch has them all.
    assert.equal((await here.run(['produce', '--count', '50'])).code, 0)
    const draining = await here.begun('payment', { ORDERMILL_GATEWAY_LATENCY_MS: '2000' })
    await charging()
    const drained = await draining.end('SIGTERM')
    assert.equal(drained.code, 0, drained.stderr)
    assert.match(drained.stderr, /Stopping: batches in flight are finished first\n$/)
    await untilCaughtUp(api.url, ['payments-group', 'analytics-group'])
    assert.equal((await api.totals()).payments.paid, 50)

    const stubborn = await here.service('payment', {
      ORDERMILL_GATEWAY_LATENCY_MS: '60000',
      ORDERMILL_PAYMENT_TIMEOUT_MS: '90000',
    })
    const produced = await here.run(['produce', '--count', '30'])
    assert.equal(produced.code, 0, produced.stderr)
    await charging()
    const ending = stubborn.end('SIGTERM')
    await stubborn.printed(/(Stopping)/)
    await stubborn.end('SIGINT')
    const { code, stderr } = await ending
    assert.equal(code, 1)
    assert.match(stderr, /\nordermill: INTERRUPTED: stopped at once by a second signal; [^\n]+\n$/)

    await here.service('payment')
    await waitFor('the next one pays what was begun', async () => (await api.totals()).payments.paid === 80)
    assert.equal((await reader.end('SIGTERM')).code, 0)
  })

  it('rest while an operator pauses their group, also when they are started anew, and go where they are moved', async (t) => {
    const { bootstrap } = broker()
    await createTopicsByJava(bootstrap, { operated: 1 })
    const here = site(t, { bootstrap, dataDir: await tempDir(t), env: { TOPIC_NAME: 'operated', SLEEP_SECONDS: '0' } })
    // What has been counted says which order ids are free.
    const [api, fraud] = await Promise.all([
      here.server(['run', 'api']),
      here.service('fraud'),
      here.service('analytics'),
    ])
    const operate = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await here.run(['groups', ...args, '--url', api.url])
      assert.equal(code, 0, stderr)
      return stdout
    }
    const group = async () => {
      const { items } = await json<GroupList>(`${api.url}/api/v1/groups`)
      return items.find((one) => one.group === 'fraud-group')
    }
    const produce = async (count: string) => assert.equal((await here.run(['produce', '--count', count])).code, 0)

    await produce('20')
    await untilCaughtUp(api.url, ['fraud-group'])
    assert.match((await group())?.partitions[0]?.owner ?? '', /^ordermill-.+ at /)
    await operate('pause', 'fraud-group')
    await waitFor(
      'nobody owns it',
      async () => (await group())?.partitions.every(({ owner }) => owner === null) ?? false,
    )
    await produce('10')
    assert.equal((await fraud.end('SIGTERM')).code, 0)
    const again = await here.service('fraud')
    assert.match(await (await fetch(`${again.url}/readyz`)).text(), /paused by an operator/)
    assert.match(await (await fetch(`${again.url}/metrics`)).text(), /^ordermill_ready\{check="fraud"\} 1$/m)
    const paused = await group()
    assert.ok(paused?.paused && !paused.stuck && paused.lag_records >= 10)

    const target = ['seek', 'fraud-group', '--topic', 'operated', '--to', 'beginning']
    const preview = await operate(...target, '--dry-run')
    assert.match(preview, /are judged again/)
    assert.equal((await group())?.lag_records, paused.lag_records)
    assert.equal(await operate(...target), preview)
    await operate('resume', 'fraud-group')
    await untilCaughtUp(api.url, ['fraud-group'])
    await waitFor('it has read all of them again', async () => (await processed(again)) === 30)
    const nowhere = await here.run(['groups', 'pause', 'fraud-group'])
    assert.equal(nowhere.code, 1)
    assert.match(nowhere.stderr, /^ordermill: SERVER_UNAVAILABLE: .*--url\n$/)
  })

  it('have their letters sent back by the API, each once to who refused it', async (t) => {
    const { bootstrap } = broker()
    await createTopicsByJava(bootstrap, { refused: 1 })
    const here = site(t, { bootstrap, dataDir: await tempDir(t), env: { TOPIC_NAME: 'refused' } })
    const [api] = await Promise.all([here.server(['run', 'api']), here.service('analytics'), here.service('views')])
    for (const amount of [10, 11]) {
      const { status } = await fetch(`${api.url}/api/v1/orders?wait=analytics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ orders: Array.from({ length: 30 }, (_, index) => conflicting(index + 1, amount)) }),
      })
      assert.equal(status, 202)
    }
    await waitFor('every letter is listed', async () => (await api.totals()).dead_letters_open === 30)
    const redriven = await here.run(['dead-letters', 'redrive', '--all', '--yes', '--url', api.url])
    assert.equal(redriven.code, 0, redriven.stderr)
    assert.equal(redriven.stdout, 'Redrive 30 letters to analytics-group: done, 30 redriven\n')
    const records = await readCommitted(bootstrap, ['refused.analytics-group.retry'])
    assert.deepEqual([records.length, new Set(records.map(({ key }) => String(key))).size], [30, 30])
    await untilCaughtUp(api.url, ['analytics-group', 'views-group'])
    const { dead_letters: refused, dead_letters_listed: listed, dead_letters_open: left } = await api.totals()
    assert.deepEqual([refused, listed, left], [60, 60, 30])
    assert.match(await (await fetch(`${api.url}/readyz`)).text(), /"operations","status":"ok"/)
    assert.match(await (await fetch(`${api.url}/metrics`)).text(), /^ordermill_ready\{check="operations"\} 1$/m)
    assert.equal((await api.end('SIGTERM')).code, 0)
  })
})

async function processed({ url }: Running): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const samples = [...text.matchAll(/^ordermill_records_processed_total\{[^}]*\} (\d+)$/gm)]
  return samples.reduce((sum, [, count]) => sum + Number(count), 0)
}

async function payments({ url }: Running, outcome: string): Promise<number> {
  const { items } = await json<{ items: unknown[] }>(`${url}/api/v1/payments?outcome=${outcome}&limit=1`)
  return items.length
}

function conflicting(orderId: number, amount: number) {
  return {
    order_id: orderId,
    customer_id: 1_234,
    amount,
    currency: 'USD',
    country: 'US',
    status: 'CREATED',
    created_at: '2026-01-31T09:30:00.000Z',
  }
}
