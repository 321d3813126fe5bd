/**
 * The engine's parts on SQLite in a process of its own, with ports that kill it where it is told to. Acknowledged records
 * are printed, one line each: index, partition, offset. SIGTERM ends it gracefully.
 */
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { openSqliteLog } from '../../src/adapters/sqlite/sqlite-log.ts'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { operationsGroup } from '../../src/codec/groups.ts'
import { topicSpecs } from '../../src/compose/topics.ts'
import { readConfig } from '../../src/config.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { hasCode } from '../../src/errors.ts'
import { groupByService, serviceNames, type ServiceName } from '../support/pipeline-rig.ts'
import { openCrashPoints, type Ports } from './crash-points.ts'
import { endlessInput } from './endless-input.ts'
import { parentGateway } from './gateway-client.ts'
import { partitions, type EngineOrders, type FromEngine, type ToEngine } from './messages.ts'
import { operate, operateLast } from './operator.ts'
import { plantFault, plantRedriveFault } from './planted-faults.ts'
import { redriveRules, runRedrives } from './run-redrives.ts'
import { runTortured } from './run-tortured.ts'

const chunkRecords = 10
const pauseBetweenChunksMs = 15

const orders = JSON.parse(process.argv[2] ?? '') as EngineOrders
const points = openCrashPoints(orders.crash)
const stopping = new AbortController()
process.on('SIGTERM', () => stopping.abort())
const endWithParent = (): never => process.exit(1)
process.on('disconnect', endWithParent)

const log = openSqliteLog({
  file: join(orders.directory, 'log.db'),
  // What comes after it is the write.
  async defer() {
    await setImmediate()
    points.commitSent()
  },
  ...(orders.logBytesMax === undefined ? {} : { fileBytesMax: orders.logBytesMax }),
})
const store = openSqliteStore({ file: join(orders.directory, 'store.db') })
await log.createTopics(topicSpecs(readConfig({ ORDERMILL_PARTITIONS: `${partitions}` })))
const handedOut: Record<ServiceName, number> = { fraud: 0, payment: 0, analytics: 0, views: 0 }
process.on('message', (message: ToEngine) => {
  if (message.kind === 'report') void report()
})
const gateway = parentGateway()
const { policy, reuse, ordersStay = false } = orders
/** Of the operator: what it asked for is in the log. */
let isAsked = !orders.redrives

await Promise.all([live(), ...serviceNames.map(runNamed), runRedrives(...redrives(), stopping.signal)])
await report()
await store.close()
await log.close()
process.off('disconnect', endWithParent)
process.disconnect()

/** An operator is at work while orders come in, and has the last word. */
async function live(): Promise<void> {
  if (!orders.redrives) return await produce()
  const { seed, from } = orders.input
  const onAsked = (jobId: string): void => send({ kind: 'redrive asked', jobId })
  const operator = { ports: { log, store }, random: seededRandom(seed * 17 + from), ordersStay, onAsked }
  const inputEnd = new AbortController()
  const operating = operate(operator, AbortSignal.any([inputEnd.signal, stopping.signal]))
  await produce()
  inputEnd.abort()
  await operating
  await operateLast(operator, stopping.signal)
  isAsked = true
}

async function produce(): Promise<void> {
  const { seed, from, end = Number.POSITIVE_INFINITY } = orders.input
  const recordAt = endlessInput({ ...orders, seed })
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
  const ports = points.wrap(name, plantFault(orders.plant, { log, store }))
  const onHandedOut = (records: number): void => void (handedOut[name] += records)
  await runTortured(name, { ports, gateway, policy, reuse, onHandedOut }, stopping.signal)
}

function redrives(): readonly [Ports, number] {
  // A fault is planted around the crash points: they come after what it does.
  const ports = plantRedriveFault(orders.plant, points.wrap('operations', { log, store }))
  return [ports, orders.plant === 'no loop guard' ? Number.POSITIVE_INFINITY : redriveRules.redrivesMax]
}

async function report(): Promise<void> {
  const groups = [...serviceNames.map((name) => groupByService[name]), operationsGroup]
  const lags = await Promise.all(groups.map((group) => log.lag(group)))
  const unread = lags.flat().reduce((sum, { lagRecords }) => sum + lagRecords, isAsked ? 0 : 1)
  send({ kind: 'report', unread, handedOut })
}

function send(message: FromEngine): void {
  if (process.connected) process.send?.(message)
}
