import type { CloudwatchConfig } from '../config.ts'
import type { LagWatch } from '../operations/lag-watch.ts'
import type { Reconciliation } from '../operations/reconciliation.ts'
import { lagMsOf, totalLag } from '../ports/lag.ts'
import type { PartitionLag } from '../ports/log.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import { embeddedMetrics, type MetricSet } from '../telemetry/embedded-metrics.ts'
import type { Logger } from '../telemetry/logger.ts'
import { answered } from './health.ts'

/** CloudWatch keeps one value a minute. */
const everyMs = 60_000

type PublishDeps = Readonly<{
  cloudwatch: CloudwatchConfig
  logger: Logger
  read: () => Promise<readonly MetricSet[]>
}>

/** Writes what `read` gives as metrics to the log, once a minute, whatever its level; nothing where no namespace is configured. */
export function publishMetrics({ cloudwatch, logger, read }: PublishDeps): Readonly<{ stop: () => void }> {
  const { namespace } = cloudwatch
  if (namespace === '') return { stop: () => {} }
  const lines = logger.child({}, { level: 'info' })

  async function publish(): Promise<void> {
    // A log or store that is away says so elsewhere; a minute without a value is what an alarm on it waits for.
    const sets = (await answered(read()).catch(() => undefined)) ?? []
    for (const { dimensions, values } of sets) {
      const all = { dimensions: { ...cloudwatch.dimensions, ...dimensions }, values }
      lines.info(embeddedMetrics(namespace, Date.now(), all), 'metrics')
    }
  }

  const timer = setInterval(() => void publish(), everyMs)
  timer.unref()
  void publish()
  return { stop: () => clearInterval(timer) }
}

/** Lag of one group over all its partitions: the sum in records, the worst in seconds. */
export function lagMetrics(group: string, partitions: readonly PartitionLag[], nowMs: number): MetricSet {
  const worstMs = Math.max(0, ...partitions.map((lag) => lagMsOf(lag, nowMs)))
  return {
    dimensions: { Group: group },
    values: {
      LagRecords: { value: totalLag(partitions), unit: 'Count' },
      LagSeconds: { value: worstMs / 1000, unit: 'Seconds' },
    },
  }
}

type SystemParts = Readonly<{
  lagWatch: Pick<LagWatch, 'groups'>
  store: Pick<OrderQueries, 'viewCounts'>
  look: () => Promise<Pick<Reconciliation, 'checks'>>
}>

/** Of the whole system, whoever publishes it. */
export async function systemMetrics({ lagWatch, store, look }: SystemParts): Promise<readonly MetricSet[]> {
  const [groups, counts, found] = await Promise.all([lagWatch.groups(everyMs), store.viewCounts(), look()])
  const stuck = groups.flatMap(({ partitions }) => partitions).filter(({ isStuck }) => isStuck)
  const count = (value: number) => ({ value, unit: 'Count' }) as const
  return [
    {
      dimensions: {},
      values: {
        StuckPartitions: count(stuck.length),
        DeadLettersOpen: count(counts.deadLetters - counts.redriven),
        FailedChecks: count(found.checks.filter(({ state }) => state === 'bad').length),
      },
    },
  ]
}
