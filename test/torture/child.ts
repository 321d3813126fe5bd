import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>

/** A process that is made to suffer. */
export type Child = Readonly<{
  pid: number
  kill: (signal: NodeJS.Signals) => void
  exited: Promise<Exit>
  hasExited: () => boolean
  send: (message: object) => void
  /** The end of what it wrote to its standard error. */
  errors: () => string
}>

const errorCharsMax = 8_000
export const nodeOptions = ['--disable-warning=ExperimentalWarning']

export function forkEntry(entry: string, argument: string, options: readonly string[] = []): ChildProcess {
  const execArgv = [...nodeOptions, ...options]
  return fork(entry, [argument], { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
}

export function childOf(child: ChildProcess): Child {
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-errorCharsMax)))
  // 'close' comes after the last line of its output, 'exit' may come before.
  const exited = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode }))
  return {
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    send: (message) => void (child.connected && child.send(message, () => {})),
    errors: () => stderr,
  }
}
