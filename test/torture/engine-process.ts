import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { childOf, forkEntry, nodeOptions, type Child } from './child.ts'
import type { EngineOrders, FromEngine, ToEngine } from './messages.ts'
import { answerCharge, type Outside } from './outside.ts'

const entry = fileURLToPath(new URL('./engine-entry.ts', import.meta.url))

export type Report = Extract<FromEngine, { kind: 'report' }>

export type EngineProcess = Omit<Child, 'send'> &
  Readonly<{
    /** How much is unread in all groups, as the engine sees it. Rejects when it ends instead. */
    report: () => Promise<Report>
    lastReport: () => Report | undefined
    /** Resolves when something was acknowledged. */
    acknowledgedOne: Promise<void>
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
  const forked = fileBytesMax === undefined ? forkEntry(entry, argument) : forkLimited(argument, fileBytesMax)
  const child = childOf(forked)
  let last: Report | undefined
  const first = Promise.withResolvers<void>()
  const reports: ((report: Report) => void)[] = []
  if (forked.stdout) {
    createInterface({ input: forked.stdout }).on('line', (line) => {
      const [index = 0, partition = 0, offset = 0] = line.split(' ').map(Number)
      outside.acknowledged.set(index, { partition, offset })
      first.resolve()
    })
  }
  forked.on('message', (message: FromEngine) => {
    if (message.kind === 'charge') return answerCharge(message, outside, child.send)
    if (message.kind === 'redrive asked') return void outside.redrives.add(message.jobId)
    last = message
    for (const resolve of reports.splice(0)) resolve(message)
  })
  return {
    ...child,
    async report() {
      const answered = new Promise<Report>((resolve) => reports.push(resolve))
      child.send({ kind: 'report' } satisfies ToEngine)
      const ended = child.exited.then(({ code, signal }) => {
        throw new Error(`the engine ended (${code ?? signal}) instead of a report: ${child.errors()}`)
      })
      return Promise.race([answered, ended])
    },
    lastReport: () => last,
    acknowledgedOne: first.promise,
  }
}

/** With SIGXFSZ ignored a write beyond the limit fails with EFBIG instead of ending the process. */
function forkLimited(argument: string, fileBytesMax: number): ChildProcess {
  const blocks = Math.ceil(fileBytesMax / 512)
  const script = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`
  const args = ['-c', script, process.execPath, ...nodeOptions, entry, argument]
  return spawn('/bin/sh', args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
}
