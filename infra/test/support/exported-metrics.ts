import pino from 'pino'
import { lagMetrics, systemMetrics } from '../../../src/compose/cloudwatch.ts'
import { OrdermillError } from '../../../src/errors.ts'
import type { MetricSet } from '../../../src/telemetry/embedded-metrics.ts'
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts'

/** Name -> label -> its values. */
export type Series = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>

/** What a scrape of the code can give, once everything that it counts has happened. */
export async function exportedSeries(): Promise<Series> {
  const metrics = createMetrics({ processMetrics: true })
  metrics.httpRequestDone('/', 'GET', 200, 0.1)
  metrics.appended('orders', 1)
  metrics.reconciled({ state: 'good', differences: new Map([['group', 0]]) })
  metrics.lagFrom(() =>
    Promise.resolve([{ group: 'group', topic: 'orders', partition: 0, lagRecords: 0, lagSeconds: 0, isStuck: false }]),
  )
  metrics.readyFrom(() => Promise.resolve([{ name: 'log', ok: true }]))
  observeAll(metrics)
  return seriesOf(await metrics.text())
}

function observeAll({ observerOf }: Metrics): void {
  const observer = observerOf(pino({ level: 'silent' }))
  const [service, group, topic] = ['service', 'group', 'orders']
  const position = { topic, topicId: topic, partition: 0, offset: 0 }
  const record = { ...position, timestampMs: 0, key: null, value: null, headers: [] }
  const slice = { ...position, assignment: '', from: 0, next: 1, end: 1, records: [], lost: { from: 0, to: 1 } }
  observer.committing({ service, group, records: 1, outputs: 1, seconds: 0.1 })
  observer.refused({ group, record, error: new OrdermillError('RECORD_INVALID', '') })
  observer.lost({ group, slice, records: 1 })
  observer.failed({ service, group, attempt: 1, error: undefined })
}

/** Of Prometheus' text format; label values of these metrics hold no quotes. */
function seriesOf(text: string): Series {
  const series = new Map<string, Map<string, Set<string>>>()
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{([^}]*)\})? /gm)) {
    const known = series.get(name) ?? new Map<string, Set<string>>()
    series.set(name, known)
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      known.set(label, (known.get(label) ?? new Set()).add(value))
    }
  }
  return series
}

/** What the processes tell CloudWatch: name -> the dimensions that it comes with, besides the configured ones. */
export async function publishedMetrics(): Promise<ReadonlyMap<string, readonly string[]>> {
  const system = await systemMetrics({
    lagWatch: { groups: () => Promise.resolve([]) },
    store: { viewCounts: () => Promise.resolve({ alerts: 0, deadLetters: 0, redriven: 0 }) },
    look: () => Promise.resolve({ checks: [] }),
  })
  const sets: readonly MetricSet[] = [...system, lagMetrics('group', [], 0)]
  return new Map(
    sets.flatMap(({ dimensions, values }) => Object.keys(values).map((name) => [name, Object.keys(dimensions)])),
  )
}
