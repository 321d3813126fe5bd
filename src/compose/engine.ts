import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import { systemRuntime } from '../adapters/in-process/runtime.ts'
import { operationsGroup, orderGroups, viewsGroup } from '../codec/groups.ts'
import type { Config } from '../config.ts'
import { recentTroubles } from '../engine/recent-troubles.ts'
import { countedIntake } from '../engine/start-counted.ts'
import { superviseServices, type ServiceFailure, type ServiceState } from '../engine/supervise.ts'
import { operationsLog } from '../operations/operations-log.ts'
import { followPauses, pausable, type Pauses } from '../operations/pauses.ts'
import { runService, type PipelineOptions } from '../pipeline/run-service.ts'
import { analyticsService } from '../services/analytics-service.ts'
import { openCharger } from '../services/charger.ts'
import { fraudService } from '../services/fraud-service.ts'
import { paymentService } from '../services/payment-service.ts'
import { viewsService } from '../services/views-service.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { createMissingTopics, knownLetterTopics } from './create-topics.ts'
import { fraudRulesOf } from './fraud-rules.ts'
import { openGateway } from './gateway.ts'
import { operationsService, runJobs } from './job-steps.ts'
import { produceOrders, type ProduceOptions } from './produce.ts'
import { openStorage, type Storage } from './storage.ts'
import { troubleLog } from './trouble-log.ts'

export type Telemetry = Readonly<{ logger: Logger; metrics: Metrics }>

/** What one process may run. */
export const serviceNames = ['producer', 'fraud', 'payment', 'analytics', 'views'] as const
export type ServiceName = (typeof serviceNames)[number]

/** The producer of made-up orders; `seed` makes it repeatable. */
export type DemoOptions = Readonly<{ seed?: number }>

/** Log and store, opened to write, with the services on them. */
export type Engine = Pick<Storage, 'log' | 'store' | 'close'> &
  Readonly<{
    services: () => readonly ServiceState[]
    /**
     * Runs the four services, and the producer when it is told of one. Resolves when `signal` aborts and every service has
     * finished its batch. A service that fails does not end the others.
     */
    run: (signal: AbortSignal, producer?: ProduceOptions) => Promise<void>
    /** Runs one of them; resolves with why it ended, when that was not by the signal. */
    runOne: (name: ServiceName, signal: AbortSignal, producer?: ProduceOptions) => Promise<ServiceFailure | undefined>
  }>

const { now, sleep, random } = systemRuntime

/** Whose lag is the service's own; the producer has none. */
export const groupOf: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...orderGroups, views: viewsGroup, [operationsService]: operationsGroup }),
)

/**
 * Opens log and store for writing and creates the topics that are missing.
 *
 * @throws {OrdermillError} what `openStorage` and `createMissingTopics` throw
 */
export async function openEngine(config: Config, telemetry: Telemetry): Promise<Engine> {
  const troubles = recentTroubles(() => performance.now())
  const storage = await openStorage(config, { logger: telemetry.logger, user: 'service', onTrouble: troubles.note })
  let deadLetterTopics: readonly string[]
  try {
    await createMissingTopics(storage.log, config)
    deadLetterTopics = await knownLetterTopics(storage.log, config, (topic) => tellMissing(telemetry.logger, topic))
  } catch (error) {
    await storage.close()
    throw error
  }
  const troubleOf = (service: string): string | undefined => {
    const group = groupOf.get(service)
    return group === undefined ? undefined : troubles.of(group)
  }
  const { logger } = telemetry
  const supervisor = superviseServices({ logger, sleep, random, troubleOf })
  const tell = troubleLog(logger, now)
  const onTrouble = (error: unknown, isKnown: boolean): void => {
    tell({ group: operationsGroup, error })
    // Who does not know whether it is paused does not run, and says why.
    if (!isKnown) for (const group of groupOf.values()) troubles.note({ group, error })
  }
  const pauses = followPauses({ operations: operationsLog(storage.log), sleep, onTrouble })
  const running = (producer: ProduceOptions | undefined) => {
    const services = servicesOf({ ...config, deadLetterTopics }, telemetry, supervisor.observe, storage, producer)
    for (const [name, run] of services) {
      const group = groupOf.get(name)
      const onChange = (isPaused: boolean): void => supervisor.rests(name, isPaused)
      if (group !== undefined) services.set(name, pausable({ group, pauses, onChange, run }))
    }
    return services
  }
  return {
    ...storage,
    services: supervisor.states,
    async run(signal, producer) {
      const services = running(producer)
      if (!producer) services.delete('producer')
      const all = new Map<string, Running>([...services, [operationsService, runJobs(storage, config, logger)]])
      await whileFollowing(pauses, signal, () => supervisor.run(all, signal))
    },
    async runOne(name, signal, producer) {
      const one = [...running(producer)].filter(([known]) => known === name)
      const [failure] = await whileFollowing(pauses, signal, () => supervisor.run(new Map(one), signal))
      return failure
    },
  }
}

function tellMissing(logger: Logger, topic: string): void {
  const todo = 'its dead letters are not listed: create it or correct ORDERMILL_DEAD_LETTER_TOPICS, and start again'
  logger.warn({ topic }, `there is no topic ${topic}: ${todo}`)
}

/** The last look at the pauses may be waiting for a log that is away: nobody waits for it. */
async function whileFollowing<Result>(
  pauses: Pauses,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const ended = new AbortController()
  void pauses.follow(AbortSignal.any([signal, ended.signal]))
  try {
    return await work()
  } finally {
    ended.abort()
  }
}

type Running = (signal: AbortSignal) => Promise<void>

function servicesOf(
  config: Config,
  { logger, metrics }: Telemetry,
  observe: (observer: PipelineOptions['observer']) => PipelineOptions['observer'],
  { log, store }: Storage,
  producer: ProduceOptions = {},
): Map<ServiceName, Running> {
  const { topic, deadLetterTopics, orderIdReuse: reuse, baseCurrency, paymentPolicy: policy } = config
  const rules = fraudRulesOf(config)
  const charge = openCharger({
    gateway: openGateway(config),
    limit: pLimit(config.paymentConcurrency),
    now,
    sleep,
    random,
  })
  const options: PipelineOptions = {
    log,
    now,
    owner: randomUUID(),
    batch: { recordsMax: config.batchRecordsMax, bytesMax: config.batchBytesMax },
    observer: observe(metrics.observerOf(logger)),
  }
  const fraud = fraudService({ topic, rules })
  const payment = paymentService({ topic, log, ledger: store, charge, policy, rules, reuse, now })
  const analytics = analyticsService({ topic, book: store, reuse, baseCurrency })
  const views = viewsService({ topic, deadLetterTopics, views: store, reuse })
  return new Map<ServiceName, Running>([
    [
      'producer',
      (signal) => produceOrders(config, { log, intake: countedIntake(log, store, topic) }, producer, signal),
    ],
    ['fraud', (signal) => runService(fraud, options, signal)],
    ['payment', (signal) => runService(payment, options, signal)],
    ['analytics', (signal) => runService(analytics, options, signal)],
    ['views', (signal) => runService(views, options, signal)],
  ])
}
