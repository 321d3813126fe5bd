import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import pino from 'pino'
import { lagMetrics, publishMetrics, systemMetrics } from '../../src/compose/cloudwatch.ts'
import { readConfig } from '../../src/config.ts'
import type { MetricSet } from '../../src/telemetry/embedded-metrics.ts'

const environment = {
  ORDERMILL_CLOUDWATCH_NAMESPACE: 'Ordermill',
  ORDERMILL_CLOUDWATCH_DIMENSIONS: 'Project=shop,Stage=test',
}
const partition = {
  topic: 'orders',
  partition: 0,
  committed: 3,
  begin: 0,
  end: 10,
  lagRecords: 7,
  nextTimestampMs: 1_000,
}

describe('metrics of CloudWatch', () => {
  it('are lines of the log in its embedded metric format, whatever is logged else', async (t) => {
    const lines = publishing(t, environment, () => [lagMetrics('payments-group', [partition], 5_500)])
    const [chunk] = (await once(lines, 'data')) as [Buffer]
    const {
      _aws,
      level: _level,
      time: _time,
      msg: _msg,
      ...members
    } = JSON.parse(chunk.toString()) as Record<string, unknown>
    assert.deepEqual(members, {
      Project: 'shop',
      Stage: 'test',
      Group: 'payments-group',
      LagRecords: 7,
      LagSeconds: 4.5,
    })
    const { Timestamp, CloudWatchMetrics } = _aws as Record<string, unknown>
    assert.ok(Math.abs(Number(Timestamp) - Date.now()) < 60_000)
    assert.deepEqual(CloudWatchMetrics, [
      {
        Namespace: 'Ordermill',
        Dimensions: [['Project', 'Stage', 'Group']],
        Metrics: [
          { Name: 'LagRecords', Unit: 'Count' },
          { Name: 'LagSeconds', Unit: 'Seconds' },
        ],
      },
    ])
  })

  it('are none where no namespace is set', (t) => {
    const lines = publishing(t, {}, () => assert.fail('nothing is to be read'))
    assert.equal(lines.read(), null)
  })

  it('tell what is stuck, refused and does not add up in the whole system', async () => {
    const watched = { ...partition, lagSeconds: 90, idleSeconds: 90 }
    const stuck = [
      { ...watched, isStuck: true },
      { ...watched, isStuck: false },
    ]
    const check = { name: 'documents', expected: '2', found: '1', detail: '' }
    const [set] = await systemMetrics({
      lagWatch: {
        groups: () =>
          Promise.resolve([{ group: 'fraud-group', isPaused: false, trendPerSecond: 0, partitions: stuck }]),
      },
      store: { viewCounts: () => Promise.resolve({ alerts: 9, deadLetters: 5, redriven: 2 }) },
      look: () =>
        Promise.resolve({
          checks: [
            { ...check, state: 'bad' },
            { ...check, state: 'good' },
          ],
        }),
    })
    const values = Object.entries(set?.values ?? {}).map(([name, { value }]) => [name, value])
    assert.deepEqual(Object.fromEntries(values), { StuckPartitions: 1, DeadLettersOpen: 3, FailedChecks: 1 })
  })

  for (const name of ['Project', 'Project=', '=shop', 'a=b=c']) {
    it(`refuse ${name} for a dimension`, () => {
      const given = { ...environment, ORDERMILL_CLOUDWATCH_DIMENSIONS: name }
      assert.throws(() => readConfig(given), /ORDERMILL_CLOUDWATCH_DIMENSIONS .* must be Name=value, comma separated/)
    })
  }
})

function publishing(t: TestContext, given: Record<string, string>, read: () => readonly MetricSet[]): PassThrough {
  const lines = new PassThrough()
  const logger = pino({ level: 'silent', base: null }, lines)
  const { cloudwatch } = readConfig(given)
  const published = publishMetrics({ cloudwatch, logger, read: () => Promise.resolve(read()) })
  t.after(() => published.stop())
  return lines
}
