import assert from 'node:assert/strict'
import { it } from 'node:test'
import { lagSamples } from '../../src/compose/lag-samples.ts'
import type { WatchedGroup } from '../../src/operations/lag-watch.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'

const partition = { topic: 'orders', committed: 3, begin: 0, end: 10, lagRecords: 7, nextTimestampMs: 0 }
const groups: readonly WatchedGroup[] = [
  {
    group: 'payments-group',
    isPaused: false,
    trendPerSecond: 0,
    partitions: [
      { ...partition, partition: 0, lagSeconds: 90.5, idleSeconds: 95, isStuck: true },
      { ...partition, partition: 1, lagSeconds: 2, idleSeconds: 0, isStuck: false },
    ],
  },
]

// The lag in seconds was that of the scrape before.
it('scrapes tell the lag and what is stuck, and go without them while the log is away', async () => {
  const metrics = createMetrics({ processMetrics: false })
  let isAway = false
  const watch = { groups: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(groups)) }
  metrics.lagFrom(() => lagSamples(watch))
  const text = await metrics.text()
  const labels = (number: number) => `{consumergroup="payments-group",topic="orders",partition="${number}"}`
  for (const line of [
    `kafka_consumergroup_lag${labels(0)} 7`,
    `kafka_consumergroup_lag_seconds${labels(0)} 90.5`,
    `ordermill_consumergroup_stuck${labels(0)} 1`,
    `ordermill_consumergroup_stuck${labels(1)} 0`,
  ]) {
    assert.ok(text.includes(line), line)
  }
  isAway = true
  assert.doesNotMatch(await metrics.text(), /consumergroup=/)
})
