import type { MemoryStoreState } from '../../src/adapters/memory/memory-store-state.ts'
import { defaultFraudRules } from '../../src/domain/fraud.ts'
import { runService, type PipelineOptions } from '../../src/pipeline/run-service.ts'
import type { Log } from '../../src/ports/log.ts'
import type { OrderStore } from '../../src/ports/order-store.ts'
import { analyticsService } from '../../src/services/analytics-service.ts'
import { openCharger } from '../../src/services/charger.ts'
import { fraudService } from '../../src/services/fraud-service.ts'
import { paymentService } from '../../src/services/payment-service.ts'
import { viewsService } from '../../src/services/views-service.ts'
import type { Broker } from './broker.ts'
import { faultyCalls, type CallFaults } from './faults.ts'
import type { GatewayLedger } from './gateway.ts'
import { openLogClient } from './log-client.ts'
import type { Scenario } from './scenario.ts'
import { openStoreClient } from './store-client.ts'
import type { Process, World } from './world.ts'

export type Ports = Readonly<{ log: Log; store: OrderStore }>
export type PlantContext = Readonly<{ world: World; owner: Process; state: MemoryStoreState }>
/** A fault that is built in: what the process is given instead of its ports. */
export type Plant = (ports: Ports, context: PlantContext) => Ports

export type Site = Readonly<{
  world: World
  broker: Broker
  state: MemoryStoreState
  gateway: GatewayLedger
  scenario: Scenario
  faults: () => CallFaults
  plant: Plant | undefined
  complain: (complaint: string) => void
}>

export type ServiceProcess = Readonly<{
  process: Process
  /** The broker gives it up. */
  expire: () => void
  /** Graceful: ends after the batch in flight. */
  stop: () => void
  /** Settles once all of its services ended; never when it crashed. */
  ended: Promise<void>
}>

/** The four services in one process, wired as the program wires them. */
export function startProcess(site: Site, name: string): ServiceProcess {
  const { world, broker, state, scenario, faults, plant, complain } = site
  const process: Process = { name, alive: true, stalled: false }
  const calls = faultyCalls(world, process, faults)
  const client = openLogClient(world, broker, process, calls)
  const store = openStoreClient({ world, state, owner: process, calls, pauses: scenario.pauses, complain })
  const ports = plant ? plant({ log: client.log, store }, { world, owner: process, state }) : { log: client.log, store }
  const controller = new AbortController()
  const services = runServices(site, process, ports, controller.signal)
  return { process, expire: client.expire, stop: () => controller.abort(), ended: settled(services, name, complain) }
}

async function settled(
  services: readonly Promise<void>[],
  name: string,
  complain: (complaint: string) => void,
): Promise<void> {
  for (const result of await Promise.allSettled(services)) {
    if (result.status === 'rejected') complain(`I9: a service of ${name} ended: ${String(result.reason)}`)
  }
}

function runServices(
  { world, gateway, scenario, faults }: Site,
  process: Process,
  { log, store }: Ports,
  signal: AbortSignal,
): readonly Promise<void>[] {
  const { policy, reuse, batchRecordsMax } = scenario
  const charge = openCharger({
    gateway: gateway.open(faultyCalls(world, process, faults)),
    limit: (task) => task(),
    now: world.now,
    sleep: (ms, aborted) => world.sleep(process, ms, aborted),
    random: world.random,
  })
  const options: PipelineOptions = {
    log,
    now: world.now,
    owner: process.name,
    batch: { recordsMax: batchRecordsMax, bytesMax: 1_000_000 },
    observer: { committing: () => {}, refused: () => {}, lost: () => {}, failed: () => {} },
  }
  const topic = 'orders'
  const rules = defaultFraudRules
  return [
    runService(fraudService({ topic, rules }), options, signal),
    runService(
      paymentService({ topic, log, ledger: store, charge, policy, rules, reuse, now: world.now }),
      options,
      signal,
    ),
    runService(analyticsService({ topic, book: store, reuse, baseCurrency: 'USD' }), options, signal),
    runService(viewsService({ topic, views: store, reuse }), options, signal),
  ]
}
