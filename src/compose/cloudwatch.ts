import type { Config } from '../config.ts'
import { embeddedMetrics, type MetricSet } from '../telemetry/embedded-metrics.ts'
import type { Logger } from '../telemetry/logger.ts'
import { answered } from './health.ts'

/** CloudWatch keeps one value a minute. */
const everyMs = 60_000

type PublishDeps = Readonly<{
  config: Pick<Config, 'cloudwatchNamespace' | 'cloudwatchDimensions'>
  logger: Logger
  read: () => Promise<readonly MetricSet[]>
}>

/** Writes what `read` gives as metrics to the log, once a minute, whatever its level; nothing where no namespace is configured. */
export function publishMetrics({ config, logger, read }: PublishDeps): Readonly<{ stop: () => void }> {
  const { cloudwatchNamespace: namespace, cloudwatchDimensions } = config
  if (namespace === '') return { stop: () => {} }
  const lines = logger.child({}, { level: 'info' })

  async function publish(): Promise<void> {
    // A log or store that is away says so elsewhere; a minute without a value is what an alarm on it waits for.
    const sets = (await answered(read()).catch(() => undefined)) ?? []
    for (const { dimensions, values } of sets) {
      const all = { dimensions: { ...cloudwatchDimensions, ...dimensions }, values }
      lines.info(embeddedMetrics(namespace, Date.now(), all), 'metrics')
    }
  }

  const timer = setInterval(() => void publish(), everyMs)
  timer.unref()
  void publish()
  return { stop: () => clearInterval(timer) }
}

/** Lag of one group over all its partitions: the sum in records, the worst in seconds. */
export function lagMetrics(
  group: string,
  partitions: readonly Readonly<{ lagRecords: number; lagSeconds: number }>[],
): MetricSet {
  const records = partitions.reduce((sum, { lagRecords }) => sum + lagRecords, 0)
  const seconds = partitions.reduce((worst, { lagSeconds }) => Math.max(worst, lagSeconds), 0)
  return {
    dimensions: { Group: group },
    values: { LagRecords: { value: records, unit: 'Count' }, LagSeconds: { value: seconds, unit: 'Seconds' } },
  }
}
