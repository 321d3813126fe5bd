/**
 * One service on Kafka and the shared store, in a process of its own, as `ordermill run` has it, with ports that kill or
 * stop it where it is told to. SIGTERM ends it gracefully.
 */
import { systemRuntime } from '../../../src/adapters/in-process/runtime.ts'
import { untilStopped } from '../../../src/cli/until-stopped.ts'
import { storeFile } from '../../../src/compose/data-files.ts'
import { openStorage } from '../../../src/compose/storage.ts'
import { readConfig } from '../../../src/config.ts'
import { superviseServices } from '../../../src/engine/supervise.ts'
import { OrdermillError } from '../../../src/errors.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { openCrashPoints, type Ports } from '../crash-points.ts'
import { parentGateway } from '../gateway-client.ts'
import { plantFault } from '../planted-faults.ts'
import { runTortured } from '../run-tortured.ts'
import { watchCommits } from './commit-requests.ts'
import { kafkaEnvironment } from './environment.ts'
import type { FromService, ServiceOrders } from './messages.ts'
import { withoutClaims } from './unclaimed.ts'

const orders = JSON.parse(process.argv[2] ?? '') as ServiceOrders
const { service, policy, reuse } = orders
const endWithParent = (): never => process.exit(1)
process.on('disconnect', endWithParent)

const logger = createLogger({ level: 'warn', pretty: false })
const config = readConfig(kafkaEnvironment(orders), { isHalf: service === 'fraud' })
const storage = await openStorage(config, { logger, user: 'service' }).catch(giveUp)
const points = openCrashPoints(orders.crash)
watchCommits(points)
const { log, store } = plant()
const ports = points.wrap(service, { log, store: telling(store) })

const { sleep, random } = systemRuntime
const supervisor = superviseServices({ logger, sleep, random })
const end = new AbortController()
const observer = supervisor.observe({ committing: () => {}, refused: () => {}, lost: () => {}, failed: () => {} })
const onHandedOut = (records: number): void => send({ kind: 'handed out', records })
const run = (signal: AbortSignal): Promise<void> =>
  runTortured(service, { ports, gateway: parentGateway(), policy, reuse, onHandedOut, observer }, signal)
const running = supervisor.run(new Map([[service, run]]), end.signal)
const stopped = untilStopped(
  {
    ended: running.then(([failure]) => failure && new Error(String(failure.error))),
    async stop() {
      end.abort()
      await running
      await storage.close()
    },
  },
  service,
)
send({ kind: 'ready' })
process.exitCode = await stopped
// Whatever is still open now keeps the process, and is found.
process.off('disconnect', endWithParent)
process.disconnect()

function plant(): Ports {
  if (orders.plant !== 'no claims') return plantFault(orders.plant, storage)
  return { log: storage.log, store: withoutClaims(storage.store, storeFile(config)) }
}

/** As the program does, which whoever supervises it starts again. */
function giveUp(error: unknown): never {
  process.stderr.write(`${error instanceof OrdermillError ? error.code : 'INTERNAL'}: ${String(error)}\n`)
  process.exit(1)
}

/** Each claim has an epoch of its own, and whoever started this process checks that. */
function telling(claimed: OrderStore): OrderStore {
  return {
    ...claimed,
    async claim(shard, owner) {
      const claim = await claimed.claim(shard, owner)
      send({ kind: 'claimed', shard, epoch: claim.epoch })
      return claim
    },
  }
}

function send(message: FromService): void {
  if (process.connected) process.send?.(message)
}
