import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { OrdermillError } from '../errors.ts'
import type { Logger } from './logger.ts'
import type { PipelineObserver } from './pipeline-observer.ts'

export type Metrics = Readonly<{
  /** Prometheus text format. */
  text: () => Promise<string>
  httpRequestDone: (route: string, method: string, status: number, seconds: number) => void
  appended: (topic: string, records: number) => void
  observerOf: (logger: Logger) => PipelineObserver
  /** What the last look came to; undefined when it failed. */
  reconciled: (seen: Reconciled | undefined) => void
  /** Called at each scrape, once for each gauge. */
  lagFrom: (read: () => Promise<readonly LagSample[]>) => void
  /** Called at each scrape: what `/readyz` says. */
  readyFrom: (read: () => Promise<readonly ReadySample[]>) => void
}>

export type ReadySample = Readonly<{ name: string; ok: boolean }>

export type LagSample = Readonly<{
  group: string
  topic: string
  partition: number
  lagRecords: number
  lagSeconds: number
  isStuck: boolean
}>

/** `differences` by group. */
export type Reconciled = Readonly<{
  state: (typeof reconciliationStates)[number]
  differences: ReadonlyMap<string, number>
}>

const reconciliationStates = ['good', 'in-flight', 'bad'] as const

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics(options: Readonly<{ processMetrics: boolean }>): Metrics {
  const registry = new Registry()
  if (options.processMetrics) collectDefaultMetrics({ register: registry })
  const http = new Histogram({
    name: 'ordermill_http_request_duration_seconds',
    help: 'Time from request to response, by route',
    labelNames: ['route', 'method', 'status'],
    buckets: latencyBuckets,
    registers: [registry],
  })
  const appended = new Counter({
    name: 'ordermill_records_appended_total',
    help: 'Records appended to a topic by this process, outputs of services not included',
    labelNames: ['topic'],
    registers: [registry],
  })
  return {
    text: () => registry.metrics(),
    httpRequestDone: (route, method, status, seconds) => http.labels(route, method, `${status}`).observe(seconds),
    appended: (topic, records) => appended.labels(topic).inc(records),
    observerOf: pipelineObserver(registry),
    reconciled: reconciliationGauges(registry),
    lagFrom: (read) => lagGauges(registry, read),
    readyFrom: (read) => readyGauge(registry, read),
  }
}

function pipelineObserver(registry: Registry): (logger: Logger) => PipelineObserver {
  const registers = [registry]
  const processed = new Counter({
    name: 'ordermill_records_processed_total',
    help: 'Input records of batches that a service finished; a batch that comes again counts again',
    labelNames: ['service'],
    registers,
  })
  const produced = new Counter({
    name: 'ordermill_records_produced_total',
    help: 'Records that a service wrote: outputs and dead letters',
    labelNames: ['service'],
    registers,
  })
  const duration = new Histogram({
    name: 'ordermill_batch_duration_seconds',
    help: 'Time from a batch to its outputs, without the commit',
    labelNames: ['service'],
    buckets: latencyBuckets,
    registers,
  })
  const failures = new Counter({
    name: 'ordermill_batch_failures_total',
    help: 'Batches that were rejected and come again',
    labelNames: ['service'],
    registers,
  })
  const refusals = new Counter({
    name: 'ordermill_dead_letters_total',
    help: 'Records that were dead-lettered, by reason',
    labelNames: ['group', 'code'],
    registers,
  })
  const lost = new Counter({
    name: 'ordermill_records_lost_total',
    help: 'Offsets that retention removed before the group read them',
    labelNames: ['group', 'topic'],
    registers,
  })
  return (logger) => ({
    committing({ service, records, outputs, seconds }) {
      processed.labels(service).inc(records)
      produced.labels(service).inc(outputs)
      duration.labels(service).observe(seconds)
    },
    refused({ group, record, error }) {
      refusals.labels(group, error.code).inc()
      logger.warn({ group, ...placeOf(record), ...reasonOf(error) }, 'record dead-lettered')
    },
    lost({ group, slice, records }) {
      lost.labels(group, slice.topic).inc(records)
      logger.error(
        { group, ...placeOf(slice), lost: slice.lost },
        'records were removed by retention before they were read',
      )
    },
    failed({ service, group, attempt, error }) {
      failures.labels(service).inc()
      logger.warn({ service, group, attempt, err: error }, 'batch failed, comes again')
    },
  })
}

function placeOf({ topic, partition, offset }: Readonly<{ topic: string; partition: number; offset?: number }>) {
  return { topic, partition, offset }
}

function reasonOf({ code, message }: OrdermillError) {
  return { code, reason: message }
}

function reconciliationGauges(registry: Registry): Metrics['reconciled'] {
  const difference = new Gauge({
    name: 'ordermill_reconciliation_difference',
    help: 'Records below the group’s offsets that it counted not at all or twice; only where offsets have no gaps',
    labelNames: ['group'],
    registers: [registry],
  })
  const state = new Gauge({
    name: 'ordermill_reconciliation_state',
    help: '1 for the state that the last look found: good, in-flight or bad; none while it is not known',
    labelNames: ['state'],
    registers: [registry],
  })
  return (seen) => {
    difference.reset()
    state.reset()
    if (!seen) return
    for (const [group, records] of seen.differences) difference.labels(group).set(records)
    for (const known of reconciliationStates) state.labels(known).set(known === seen.state ? 1 : 0)
  }
}

/** The names that public boards for Kafka know, where they have one. */
const lagGaugeKinds = [
  {
    name: 'kafka_consumergroup_lag',
    help: 'Records that the group has not committed yet',
    valueOf: ({ lagRecords }) => lagRecords,
  },
  {
    name: 'kafka_consumergroup_lag_seconds',
    help: 'Now minus the time of the next unread record',
    valueOf: ({ lagSeconds }) => lagSeconds,
  },
  {
    name: 'ordermill_consumergroup_stuck',
    help: '1 for a partition with lag that has not moved for ORDERMILL_STUCK_SECONDS and is not paused, else 0',
    valueOf: ({ isStuck }) => (isStuck ? 1 : 0),
  },
] as const satisfies readonly Readonly<{ name: string; help: string; valueOf: (sample: LagSample) => number }>[]

/** Gauges are written out side by side, so that one that another fills would be a scrape behind: each fills itself. */
function lagGauges(registry: Registry, read: () => Promise<readonly LagSample[]>): void {
  for (const { valueOf, ...texts } of lagGaugeKinds) {
    const gauge = new Gauge({
      ...texts,
      labelNames: ['consumergroup', 'topic', 'partition'],
      registers: [registry],
      async collect() {
        const samples = await read()
        gauge.reset()
        for (const sample of samples) {
          gauge.labels(sample.group, sample.topic, `${sample.partition}`).set(valueOf(sample))
        }
      },
    })
  }
}

function readyGauge(registry: Registry, read: () => Promise<readonly ReadySample[]>): void {
  const gauge = new Gauge({
    name: 'ordermill_ready',
    help: '1 for what is as it should be, 0 for what keeps `/readyz` from saying so',
    labelNames: ['check'],
    registers: [registry],
    async collect() {
      const samples = await read()
      gauge.reset()
      for (const { name, ok } of samples) gauge.labels(name).set(ok ? 1 : 0)
    },
  })
}
