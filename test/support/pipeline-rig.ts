import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import { readConfig } from '../../src/config.ts'
import { defaultFraudRules, type FraudRules } from '../../src/domain/fraud.ts'
import type { OrderIdReuse } from '../../src/domain/order.ts'
import type { ChargeOutcome, PaymentPolicy } from '../../src/domain/payment.ts'
import type { OrdermillError } from '../../src/errors.ts'
import { runService, type PipelineOptions } from '../../src/pipeline/run-service.ts'
import type { Log, LogPosition, LogRecord, NewRecord } from '../../src/ports/log.ts'
import type { OrderStore } from '../../src/ports/order-store.ts'
import type { Charge, PaymentGateway } from '../../src/ports/payment-gateway.ts'
import { analyticsService } from '../../src/services/analytics-service.ts'
import { openCharger } from '../../src/services/charger.ts'
import { fraudService } from '../../src/services/fraud-service.ts'
import { orderGroups, viewsGroup } from '../../src/codec/groups.ts'
import { paymentService } from '../../src/services/payment-service.ts'
import { viewsService } from '../../src/services/views-service.ts'
import { topicSpecs } from '../../src/compose/topics.ts'
import type { PipelineObserver } from '../../src/telemetry/pipeline-observer.ts'
import { readTopic } from './log-harness.ts'
import { waitFor } from './wait-for.ts'

export type ServiceName = 'fraud' | 'payment' | 'analytics' | 'views'
export const serviceNames = ['fraud', 'payment', 'analytics', 'views'] as const
export const groupByService = { ...orderGroups, views: viewsGroup }

export type GatewayCall = Readonly<{ charge: Charge; key: string }>

export type RigOptions = Readonly<{
  log?: Log
  store?: OrderStore
  policy?: PaymentPolicy
  reuse?: OrderIdReuse
  rules?: FraudRules
  partitions?: number
  batchRecordsMax?: number
  now?: () => number
  /** Answers instead of PAID; may throw. */
  gateway?: (call: GatewayCall, count: number) => ChargeOutcome | Promise<ChargeOutcome>
}>

export type Rig = Readonly<{
  log: Log
  store: OrderStore
  /** Every call of the gateway. */
  calls: GatewayCall[]
  refused: OrdermillError[]
  lost: Parameters<PipelineObserver['lost']>[0][]
  failed: unknown[]
  append: (...records: readonly NewRecord[]) => Promise<readonly LogPosition[]>
  /** Runs these services side by side until they have read all that there is. Rejects as soon as one of them does. */
  run: (...services: readonly ServiceName[]) => Promise<void>
  records: (topic: string) => Promise<readonly LogRecord[]>
}>

/** The services of one process on memory adapters, wired as the program wires them. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const { log = openMemoryLog(), store = openMemoryStore(), partitions = 1 } = options
  await log.createTopics(topicSpecs(readConfig({ ORDERMILL_PARTITIONS: `${partitions}` })))
  const seen = { calls: [] as GatewayCall[], refused: [] as OrdermillError[], failed: [] as unknown[] }
  const lost: Rig['lost'] = []
  const observer: PipelineObserver = {
    committing: () => {},
    refused: ({ error }) => seen.refused.push(error),
    failed: ({ error }) => seen.failed.push(error),
    lost: (event) => lost.push(event),
  }
  const start = starters(options, { log, store, observer, calls: seen.calls })
  return {
    log,
    store,
    ...seen,
    lost,
    append: (...records) => log.append(records),
    run: async (...services) => {
      const controller = new AbortController()
      const running = services.map((service) => start[service](controller.signal))
      const caughtUp = waitFor(`${services.join(', ')} caught up`, async () => {
        return controller.signal.aborted || (await areCaughtUp(log, services))
      })
      try {
        await Promise.race([caughtUp, failureOf(running)])
      } finally {
        controller.abort()
        await Promise.allSettled(running)
      }
    },
    records: (topic) => readTopic(log, topic),
  }
}

async function areCaughtUp(log: Log, services: readonly ServiceName[]): Promise<boolean> {
  const lags = await Promise.all(services.map((service) => log.lag(groupByService[service])))
  return lags.every((lag) => lag.length > 0 && lag.every(({ lagRecords }) => lagRecords === 0))
}

async function failureOf(running: readonly Promise<void>[]): Promise<void> {
  await Promise.all(running)
  throw new Error('a service ended before it was told to')
}

type Parts = Readonly<{ log: Log; store: OrderStore; observer: PipelineObserver; calls: GatewayCall[] }>

function starters(
  options: RigOptions,
  { log, store, observer, calls }: Parts,
): Readonly<Record<ServiceName, (signal: AbortSignal) => Promise<void>>> {
  const { policy = 'all', reuse = 'refuse', rules = defaultFraudRules, now = Date.now, batchRecordsMax = 100 } = options
  const gateway: PaymentGateway = async (charge, key) => {
    const count = calls.push({ charge, key })
    return (await options.gateway?.({ charge, key }, count)) ?? 'PAID'
  }
  const charge = openCharger({ gateway, limit: (task) => task(), now, sleep: () => Promise.resolve(), random: () => 0 })
  const batch = { recordsMax: batchRecordsMax, bytesMax: 1_000_000 }
  const run: PipelineOptions = { log, now, owner: 'rig', batch, observer }
  const topic = 'orders'
  const fraud = fraudService({ topic, rules })
  const payment = paymentService({ topic, log, ledger: store, charge, policy, rules, reuse, now })
  const analytics = analyticsService({ topic, book: store, reuse, baseCurrency: 'USD' })
  const views = viewsService({ topic, views: store, reuse })
  return {
    fraud: (signal) => runService(fraud, run, signal),
    payment: (signal) => runService(payment, run, signal),
    analytics: (signal) => runService(analytics, run, signal),
    views: (signal) => runService(views, run, signal),
  }
}
