/**
 * The engine's parts on SQLite in a process of its own, with ports that kill it where it is told to. Acknowledged records
 * are printed, one line each: index, partition, offset. SIGTERM ends it gracefully.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { systemRuntime } from '../../src/adapters/in-process/runtime.ts'
import { openSqliteLog } from '../../src/adapters/sqlite/sqlite-log.ts'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { topicSpecs } from '../../src/compose/topics.ts'
import { readConfig } from '../../src/config.ts'
import { defaultFraudRules } from '../../src/domain/fraud.ts'
import { hasCode } from '../../src/errors.ts'
import { runService, type PipelineOptions } from '../../src/pipeline/run-service.ts'
import type { Log } from '../../src/ports/log.ts'
import { analyticsService } from '../../src/services/analytics-service.ts'
import { openCharger } from '../../src/services/charger.ts'
import { fraudService } from '../../src/services/fraud-service.ts'
import { paymentService } from '../../src/services/payment-service.ts'
import { viewsService } from '../../src/services/views-service.ts'
import { groupByService, serviceNames, type ServiceName } from '../support/pipeline-rig.ts'
import { openCrashPoints, type Ports } from './crash-points.ts'
import { endlessInput } from './endless-input.ts'
import { parentGateway } from './gateway-client.ts'
import { partitions, type EngineOrders, type FromEngine, type ToEngine } from './messages.ts'
import { plantFault } from './planted-faults.ts'

const chunkRecords = 10
const pauseBetweenChunksMs = 15

const orders = JSON.parse(process.argv[2] ?? '') as EngineOrders
const { now, sleep, random } = systemRuntime
const points = openCrashPoints(orders.crash)
const stopping = new AbortController()
process.on('SIGTERM', () => stopping.abort())
const endWithParent = (): never => process.exit(1)
process.on('disconnect', endWithParent)

const log = openSqliteLog({
  file: join(orders.directory, 'log.db'),
  defer: points.defer,
  ...(orders.logBytesMax === undefined ? {} : { fileBytesMax: orders.logBytesMax }),
})
const store = openSqliteStore({ file: join(orders.directory, 'store.db') })
await log.createTopics(topicSpecs(readConfig({ ORDERMILL_PARTITIONS: `${partitions}` })))
const handedOut: Record<ServiceName, number> = { fraud: 0, payment: 0, analytics: 0, views: 0 }
process.on('message', (message: ToEngine) => {
  if (message.kind === 'report') void report()
})
const topic = 'orders'
const rules = defaultFraudRules
const charge = openCharger({ gateway: parentGateway(), limit: (task) => task(), now, sleep, random })
const { policy, reuse } = orders
const { signal } = stopping
const start: Readonly<Record<ServiceName, (ports: Ports, options: PipelineOptions) => Promise<void>>> = {
  fraud: (_, options) => runService(fraudService({ topic, rules }), options, signal),
  payment: (ports, options) =>
    runService(
      paymentService({ topic, log: ports.log, ledger: ports.store, charge, policy, rules, reuse, now }),
      options,
      signal,
    ),
  analytics: (ports, options) =>
    runService(analyticsService({ topic, book: ports.store, reuse, baseCurrency: 'USD' }), options, signal),
  views: (ports, options) => runService(viewsService({ topic, views: ports.store, reuse }), options, signal),
}

await Promise.all([produce(), ...serviceNames.map(runNamed)])
await report()
await store.close()
await log.close()
process.off('disconnect', endWithParent)
process.disconnect()

async function produce(): Promise<void> {
  const { seed, from, end = Number.POSITIVE_INFINITY } = orders.input
  const recordAt = endlessInput({ seed, reuse })
  for (let next = from; next < end && !stopping.signal.aborted;) {
    const chunk = Array.from({ length: Math.min(chunkRecords, end - next) }, (_, index) => recordAt(next + index))
    try {
      const positions = await log.append(chunk)
      const lines = positions.map(({ partition, offset }, index) => `${next + index} ${partition} ${offset}\n`)
      process.stdout.write(lines.join(''))
      next += chunk.length
    } catch (error) {
      if (!hasCode(error, 'LOG_UNAVAILABLE')) throw error
    }
    await setTimeout(pauseBetweenChunksMs)
  }
}

async function runNamed(name: ServiceName): Promise<void> {
  const ports = counted(name, points.wrap(name, plantFault(orders.plant, { log, store })))
  const options: PipelineOptions = {
    log: ports.log,
    now,
    owner: randomUUID(),
    batch: { recordsMax: 100, bytesMax: 1_000_000 },
    observer: { committing: () => {}, refused: () => {}, lost: () => {}, failed: () => {} },
  }
  await start[name](ports, options)
}

function counted(name: ServiceName, ports: Ports): Ports {
  const countedLog: Log = {
    ...ports.log,
    transform: (subscription, step, ended) =>
      ports.log.transform(
        subscription,
        (batch) => {
          for (const { records } of batch.slices) handedOut[name] += records.length
          return step(batch)
        },
        ended,
      ),
  }
  return { ...ports, log: countedLog }
}

async function report(): Promise<void> {
  const lags = await Promise.all(serviceNames.map((name) => log.lag(groupByService[name])))
  const unread = lags.flat().reduce((sum, { lagRecords }) => sum + lagRecords, 0)
  send({ kind: 'report', unread, handedOut })
}

function send(message: FromEngine): void {
  if (process.connected) process.send?.(message)
}
