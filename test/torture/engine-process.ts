import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Charged } from '../support/audit/audit-payments.ts'
import type { EngineOrders, FromEngine, ToEngine } from './messages.ts'

const entry = fileURLToPath(new URL('./engine-entry.ts', import.meta.url))

/** Where an acknowledged record is, by its index in the input. */
export type Acknowledgements = Map<number, Readonly<{ partition: number; offset: number }>>

export type Report = Extract<FromEngine, { kind: 'report' }>

/** What outlives every engine: the gateway's account, and what was acknowledged. */
export type Outside = Readonly<{
  calls: Charged[]
  acknowledged: Acknowledgements
  random: () => number
}>

export type EngineProcess = Readonly<{
  kill: (signal: NodeJS.Signals) => void
  exited: Promise<Readonly<{ code: number | null; signal: NodeJS.Signals | null }>>
  hasExited: () => boolean
  /** How much is unread in all groups, as the engine sees it. Rejects when it ends instead. */
  report: () => Promise<Report>
  lastReport: () => Report | undefined
  /** Resolves when something was acknowledged. */
  acknowledgedOne: Promise<void>
  errors: () => string
}>

export type StartOptions = Readonly<{
  /** Files of the engine can't grow beyond this: writes fail as on a full disk. */
  fileBytesMax?: number
}>

export function startEngine(
  orders: EngineOrders,
  outside: Outside,
  { fileBytesMax }: StartOptions = {},
): EngineProcess {
  const argument = JSON.stringify(orders)
  const child = fileBytesMax === undefined ? forkEngine(argument) : forkLimited(argument, fileBytesMax)
  let stderr = ''
  let last: Report | undefined
  const first = Promise.withResolvers<void>()
  const reports: ((report: Report) => void)[] = []
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [index = 0, partition = 0, offset = 0] = line.split(' ').map(Number)
      outside.acknowledged.set(index, { partition, offset })
      first.resolve()
    })
  }
  child.on('message', (message: FromEngine) => {
    if (message.kind === 'charge') return answerCharge(child, message, outside)
    last = message
    for (const resolve of reports.splice(0)) resolve(message)
  })
  // 'close' comes after the last line of its output, 'exit' may come before.
  const exited = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode }))
  return {
    kill: (signal) => void child.kill(signal),
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    async report() {
      const answered = new Promise<Report>((resolve) => reports.push(resolve))
      send(child, { kind: 'report' })
      const ended = exited.then(({ code, signal }) => {
        throw new Error(`the engine ended (${code ?? signal}) instead of a report: ${stderr}`)
      })
      return Promise.race([answered, ended])
    },
    lastReport: () => last,
    acknowledgedOne: first.promise,
    errors: () => stderr,
  }
}

const nodeOptions = ['--disable-warning=ExperimentalWarning']

function forkEngine(argument: string): ChildProcess {
  return fork(entry, [argument], { execArgv: nodeOptions, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
}

/** With SIGXFSZ ignored a write beyond the limit fails with EFBIG instead of ending the process. */
function forkLimited(argument: string, fileBytesMax: number): ChildProcess {
  const blocks = Math.ceil(fileBytesMax / 512)
  const script = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`
  const args = ['-c', script, process.execPath, ...nodeOptions, entry, argument]
  return spawn('/bin/sh', args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
}

/** Records the charge, and answers late, or never when the caller is gone; one call in thirty fails, before or after. */
function answerCharge(
  child: ChildProcess,
  { id, charge, key }: Extract<FromEngine, { kind: 'charge' }>,
  { calls, random }: Outside,
): void {
  const luck = random()
  const outcome = charge.orderId % 9 === 0 ? 'DECLINED' : 'PAID'
  const { orderId, amount } = charge
  if (luck > 0.015) calls.push({ key, orderId, minor: amount.minor, currency: amount.currency, outcome })
  const answer: ToEngine = { kind: 'charged', id, outcome: luck < 0.03 ? undefined : outcome }
  setTimeout(() => send(child, answer), 4 * random())
}

function send(child: ChildProcess, message: ToEngine): void {
  if (child.connected) child.send(message, () => {})
}
