import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { systemRuntime } from '../adapters/in-process/runtime.ts'
import { simulatedPaymentGateway } from '../adapters/simulated/simulated-payment-gateway.ts'
import { lockDirectory } from '../adapters/sqlite/directory-lock.ts'
import { openSqliteLog } from '../adapters/sqlite/sqlite-log.ts'
import { openSqliteStore } from '../adapters/sqlite/sqlite-store.ts'
import type { Config } from '../config.ts'
import type { FraudRules } from '../domain/fraud.ts'
import { idsOnceCounted, untilStartIsCounted } from '../engine/start-counted.ts'
import { superviseServices, type ServiceState } from '../engine/supervise.ts'
import { runService, type PipelineOptions } from '../pipeline/run-service.ts'
import type { Log } from '../ports/log.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import type { OrderStore } from '../ports/order-store.ts'
import { analyticsService } from '../services/analytics-service.ts'
import { openCharger } from '../services/charger.ts'
import { fraudService } from '../services/fraud-service.ts'
import { paymentService } from '../services/payment-service.ts'
import { viewsService } from '../services/views-service.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { produceOrders } from './produce.ts'
import { topicSpecs } from './topics.ts'

export type Telemetry = Readonly<{ logger: Logger; metrics: Metrics }>

/** The demonstration's producer; `seed` makes it repeatable. */
export type DemoOptions = Readonly<{ seed?: number }>

/** The writer of a data directory, with the services on it. */
export type Engine = Readonly<{
  log: Log
  store: OrderStore
  services: () => readonly ServiceState[]
  /** Resolves when `signal` aborts and every service has finished its batch. A service that fails does not end it. */
  run: (signal: AbortSignal, demo?: DemoOptions) => Promise<void>
  close: () => Promise<void>
}>

const { now, sleep, random } = systemRuntime

/**
 * Opens the data directory for writing and creates the topics that are missing.
 *
 * @throws {OrdermillError} DATA_DIR_LOCKED, CONFIG_INVALID, DATA_CORRUPT, LOG_UNAVAILABLE, STORE_UNAVAILABLE
 */
export async function openEngine(config: Config, telemetry: Telemetry): Promise<Engine> {
  const lock = lockDirectory(config.dataDir)
  try {
    const topics = topicSpecs(config)
    const { log, store } = await openFiles(config)
    await log.createTopics(topics)
    const supervisor = superviseServices({ logger: telemetry.logger, sleep, random })
    return {
      log,
      store,
      services: supervisor.states,
      run: (signal, demo) =>
        supervisor.run(servicesOf(config, telemetry, supervisor.observe, log, store, demo), signal),
      async close() {
        await store.close()
        await log.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openFiles(config: Config): Promise<Pick<Engine, 'log' | 'store'>> {
  const log = openSqliteLog({ file: logFile(config) })
  try {
    return { log, store: openSqliteStore({ file: storeFile(config) }) }
  } catch (error) {
    await log.close()
    throw error
  }
}

/** Reads a data directory beside its writer, or without one. Both files must exist. */
export function openReader(config: Config): Readonly<{ log: Log; store: OrderQueries & Pick<OrderStore, 'close'> }> {
  return {
    log: openSqliteLog({ file: logFile(config), readOnly: true }),
    store: openSqliteStore({ file: storeFile(config), readOnly: true }),
  }
}

export function logFile({ dataDir }: Config): string {
  return join(dataDir, 'log.db')
}

export function storeFile({ dataDir }: Config): string {
  return join(dataDir, 'store.db')
}

type Running = (signal: AbortSignal) => Promise<void>

function servicesOf(
  config: Config,
  { logger, metrics }: Telemetry,
  observe: (observer: PipelineOptions['observer']) => PipelineOptions['observer'],
  log: Log,
  store: OrderStore,
  demo: DemoOptions | undefined,
): ReadonlyMap<string, Running> {
  const { topic, orderIdReuse: reuse, baseCurrency, paymentPolicy: policy } = config
  const rules = fraudRulesOf(config)
  const charge = openCharger({
    gateway: gatewayOf(config),
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
  const views = viewsService({ topic, views: store, reuse })
  const intake = idsOnceCounted(store, untilStartIsCounted(log, store, topic))
  return new Map<string, Running>([
    ...(demo
      ? [['producer', (signal: AbortSignal) => produceOrders(config, { log, intake }, demo, signal)] as const]
      : []),
    ['fraud', (signal) => runService(fraud, options, signal)],
    ['payment', (signal) => runService(payment, options, signal)],
    ['analytics', (signal) => runService(analytics, options, signal)],
    ['views', (signal) => runService(views, options, signal)],
  ])
}

function gatewayOf(config: Config) {
  return simulatedPaymentGateway({
    latencyMs: config.gatewayLatencyMs,
    declineRatio: config.gatewayDeclineRatio,
    failRatio: config.gatewayFailRatio,
    hangRatio: config.gatewayHangRatio,
    timeoutMs: config.paymentTimeoutMs,
    seed: config.gatewaySeed,
    sleep,
  })
}

function fraudRulesOf(config: Config): FraudRules {
  return {
    highAmount: config.fraudHighAmount,
    highAmountByCurrency: config.fraudHighAmountByCurrency,
    homeCountries: new Set(config.fraudHomeCountries),
  }
}
