import { randomUUID } from 'node:crypto'
import { systemRuntime } from '../../src/adapters/in-process/runtime.ts'
import { defaultFraudRules } from '../../src/domain/fraud.ts'
import type { OrderIdReuse } from '../../src/domain/order.ts'
import type { PaymentPolicy } from '../../src/domain/payment.ts'
import { runService, type PipelineOptions } from '../../src/pipeline/run-service.ts'
import type { Log } from '../../src/ports/log.ts'
import type { PaymentGateway } from '../../src/ports/payment-gateway.ts'
import { analyticsService } from '../../src/services/analytics-service.ts'
import { openCharger } from '../../src/services/charger.ts'
import { fraudService } from '../../src/services/fraud-service.ts'
import { paymentService } from '../../src/services/payment-service.ts'
import { viewsService } from '../../src/services/views-service.ts'
import type { PipelineObserver } from '../../src/telemetry/pipeline-observer.ts'
import type { ServiceName } from '../support/pipeline-rig.ts'
import type { Ports } from './crash-points.ts'

export type Tortured = Readonly<{
  ports: Ports
  gateway: PaymentGateway
  policy: PaymentPolicy
  reuse: OrderIdReuse
  onHandedOut: (records: number) => void
  observer?: PipelineObserver
}>

const topic = 'orders'
const rules = defaultFraudRules
const { now, sleep, random } = systemRuntime
const unobserved: PipelineObserver = { committing: () => {}, refused: () => {}, lost: () => {}, failed: () => {} }

/** Runs one service as the program does, on ports that may have crash points. */
export function runTortured(name: ServiceName, tortured: Tortured, signal: AbortSignal): Promise<void> {
  const { ports, policy, reuse, gateway, observer = unobserved } = tortured
  const { store } = ports
  const log = counted(ports.log, tortured.onHandedOut)
  const batch = { recordsMax: 100, bytesMax: 1_000_000 }
  const options: PipelineOptions = { log, now, owner: randomUUID(), batch, observer }
  const charge = openCharger({ gateway, limit: (task) => task(), now, sleep, random })
  switch (name) {
    case 'fraud':
      return runService(fraudService({ topic, rules }), options, signal)
    case 'payment':
      return runService(
        paymentService({ topic, log, ledger: store, charge, policy, rules, reuse, now }),
        options,
        signal,
      )
    case 'analytics':
      return runService(analyticsService({ topic, book: store, reuse, baseCurrency: 'USD' }), options, signal)
    case 'views':
      return runService(viewsService({ topic, views: store, reuse }), options, signal)
    default:
      return name satisfies never
  }
}

function counted(log: Log, onHandedOut: (records: number) => void): Log {
  return {
    ...log,
    transform: (subscription, step, ended) =>
      log.transform(
        subscription,
        (batch) => {
          onHandedOut(batch.slices.reduce((sum, { records }) => sum + records.length, 0))
          return step(batch)
        },
        ended,
      ),
  }
}
