import { appendFileSync, existsSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { OrderIdReuse } from '../../src/domain/order.ts'
import type { PaymentPolicy } from '../../src/domain/payment.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { pick } from '../support/audit/input.ts'
import { auditDirectory } from './audit-directory.ts'
import { startEngine, type EngineProcess } from './engine-process.ts'
import { planFaults, type Fault } from './fault-plan.ts'
import type { EngineOrders } from './messages.ts'
import { nextIndex, openOutside, type Outside } from './outside.ts'

export type TortureOptions = Readonly<{
  directory: string
  seed: number
  /** How long faults go on. */
  durationMs: number
  /** Whether the store's last commits are cut off now and then; drawn by the seed when left out. */
  cutsStore?: boolean
  plant?: string
  /** Told of every fault, for the log of a long run. */
  tell?: (what: string) => void
}>

export type TortureResult = Readonly<{
  complaints: readonly string[]
  faults: Readonly<Record<string, number>>
  records: number
  calls: number
  /** That were accepted. */
  redrives: number
}>

const drainLimitMs = 120_000
const crashLimitMs = 8_000
const pollMs = 50
/** Appended in peace: after the last fault orders must be taken again. */
const lastRecords = 300

/**
 * Lets one engine after the other live through a fault on the same directory, then one in peace, and audits what is there.
 *
 * Where the store is cut, all records of an order are on one partition: a store that is behind is caught up partition by
 * partition, since the log does not tell in which order a group took records of several. Of an order on two of them, the
 * other record may be the first then, and a snapshot or a dead letter from before the cut keeps the old answer. For the same
 * reason conflicts are not redriven there, which would be on the retry topic beside the order that they contradict. What is
 * promised about those orders is in docs/guide/operations.md (Backup) and test/pipeline/catch-up.test.ts.
 */
export async function torture(options: TortureOptions): Promise<TortureResult> {
  const { directory, seed, durationMs, plant, tell = () => {} } = options
  const random = seededRandom(seed)
  const outside = openOutside(seededRandom(seed + 1))
  const policy: PaymentPolicy = pick(['all', 'billable'] as const, random)
  const reuse: OrderIdReuse = pick(['refuse', 'replace'] as const, random)
  // Drawn in any case, so that all that comes after it is the same.
  const drawn = random() < 0.5
  const { cutsStore = drawn } = options
  const ordersStay = cutsStore
  const ordersNow = (): EngineOrders => {
    const base = { directory, input: { seed, from: nextIndex(outside) }, policy, reuse, ordersStay, redrives: true }
    return plant === undefined ? base : { ...base, plant }
  }
  const complaints: string[] = []
  const complain = (complaint: string): void => void complaints.push(complaint)
  const faults: Record<string, number> = {}
  const endMs = performance.now() + durationMs
  for (const fault of planFaults({ random, cutsStore })) {
    if (performance.now() > endMs) break
    const name = fault.kind === 'crash point' ? `${fault.crash.service} ${fault.crash.point}` : fault.kind
    faults[name] = (faults[name] ?? 0) + 1
    tell(`${outside.acknowledged.size} acknowledged; ${name}`)
    await live(fault, ordersNow, outside, complain)
  }
  await liveInPeace(ordersNow(), outside, complain)
  const wrong = await auditDirectory(directory, { outside, seed, policy, reuse, ordersStay })
  return {
    complaints: [...complaints, ...wrong],
    faults,
    records: outside.acknowledged.size,
    calls: outside.calls.length,
    redrives: outside.redrives.size,
  }
}

type Complain = (complaint: string) => void

/** One that lost a race does not keep the program from ending. */
function pause(durationMs: number): Promise<void> {
  return setTimeout(durationMs, undefined, { ref: false })
}

async function live(fault: Fault, ordersNow: () => EngineOrders, outside: Outside, complain: Complain): Promise<void> {
  if (fault.kind === 'cut store') await checkpointStore(ordersNow(), outside, complain)
  const orders = ordersNow()
  if (fault.kind === 'crash point') return await liveUntilPoint(fault.crash, orders, outside)
  const engine = startFor(fault, orders, outside)
  await Promise.race([engine.acknowledgedOne, engine.exited, pause(crashLimitMs)])
  await Promise.race([engine.exited, pause(fault.afterMs)])
  if (engine.hasExited() && fault.kind !== 'full disk') complain(`I9: an engine ended by itself: ${engine.errors()}`)
  switch (fault.kind) {
    case 'terminate':
      return await terminate(engine, complain)
    case 'sleep':
      engine.kill('SIGSTOP')
      await setTimeout(fault.sleepMs)
      engine.kill('SIGCONT')
      await setTimeout(fault.sleepMs)
      break
    case 'zombie':
      return await liveTwice(engine, fault.sleepMs, ordersNow, outside)
    default:
  }
  engine.kill('SIGKILL')
  await engine.exited
  if (fault.kind === 'cut store') cutStore(orders.directory, fault.random)
  if (fault.kind === 'tear log') tearLog(orders.directory, fault.random)
}

function startFor(fault: Fault, orders: EngineOrders, outside: Outside): EngineProcess {
  if (fault.kind !== 'full disk') return startEngine(orders, outside)
  const largest = Math.max(
    0,
    ...readdirSync(orders.directory).map((name) => statSync(join(orders.directory, name)).size),
  )
  if (fault.of === 'every file') return startEngine(orders, outside, { fileBytesMax: largest + fault.spareBytes })
  const log = join(orders.directory, 'log.db')
  const logBytes = existsSync(log) ? statSync(log).size : 0
  return startEngine({ ...orders, logBytesMax: logBytes + 20 * fault.spareBytes }, outside)
}

async function liveUntilPoint(
  crash: Extract<Fault, { kind: 'crash point' }>['crash'],
  orders: EngineOrders,
  outside: Outside,
): Promise<void> {
  const engine = startEngine({ ...orders, crash }, outside)
  // Views see an alert or a letter now and then; a point that is not reached in time is left to chance.
  await Promise.race([engine.exited, pause(crashLimitMs)])
  engine.kill('SIGKILL')
  await engine.exited
}

/** A second engine opens the files while the first one sleeps. The first goes on later, and must do no harm. */
async function liveTwice(
  first: EngineProcess,
  sleepMs: number,
  ordersNow: () => EngineOrders,
  outside: Outside,
): Promise<void> {
  first.kill('SIGSTOP')
  await setTimeout(pollMs)
  const second = startEngine(ordersNow(), outside)
  await Promise.race([second.acknowledgedOne, second.exited, pause(crashLimitMs)])
  first.kill('SIGCONT')
  await setTimeout(sleepMs)
  for (const engine of [first, second]) engine.kill('SIGKILL')
  await Promise.all([first.exited, second.exited])
}

async function terminate(engine: EngineProcess, complain: Complain): Promise<void> {
  engine.kill('SIGTERM')
  const { code, signal } = await engine.exited
  if (code !== 0) complain(`SIGTERM ended an engine with ${code ?? signal}, not 0: ${engine.errors()}`)
}

async function liveInPeace(orders: EngineOrders, outside: Outside, complain: Complain): Promise<void> {
  const end = orders.input.from + lastRecords
  const engine = startEngine({ ...orders, input: { ...orders.input, end } }, outside)
  try {
    const endMs = performance.now() + drainLimitMs
    for (;;) {
      const { unread } = await engine.report()
      if (unread === 0 && outside.acknowledged.has(end - 1)) break
      if (performance.now() > endMs)
        return complain(`I9: ${unread} records unread ${drainLimitMs} ms after the last fault`)
      await setTimeout(pollMs)
    }
    await terminate(engine, complain)
  } catch (error) {
    complain(`I9: ${String(error)}`)
  } finally {
    engine.kill('SIGKILL')
    await engine.exited
  }
}

/** A write-ahead log that was larger was checkpointed, and cutting that is more than a power cut can do. */
const uncheckpointedBytesMax = 30 * 1024 * 1024

/** A graceful end moves the write-ahead log into the file, so that there is one to cut that nothing was moved out of. */
async function checkpointStore(orders: EngineOrders, outside: Outside, complain: Complain): Promise<void> {
  const file = join(orders.directory, 'store.db-wal')
  if (!existsSync(file) || statSync(file).size <= uncheckpointedBytesMax) return
  const engine = startEngine(orders, outside)
  await Promise.race([engine.acknowledgedOne, engine.exited, pause(crashLimitMs)])
  await terminate(engine, complain)
}

/** What a power cut does to the store, whose last commits are not on the disk yet. */
function cutStore(directory: string, random: number): void {
  const file = join(directory, 'store.db-wal')
  if (!existsSync(file) || statSync(file).size > uncheckpointedBytesMax) return
  truncateSync(file, Math.floor(random * statSync(file).size))
}

/** A write that a power cut interrupted: what was committed is on the disk, and behind it is garbage. */
function tearLog(directory: string, random: number): void {
  const file = join(directory, 'log.db-wal')
  if (!existsSync(file)) return
  const garbage = seededRandom(random * 2 ** 31)
  appendFileSync(
    file,
    Uint8Array.from({ length: Math.floor(random * 20_000) }, () => garbage() * 256),
  )
}
