import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const mainFile = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const startTimeoutMs = 90_000

export type App = Readonly<{
  url: string
  dataDir: string
  process: ChildProcess
  /** All that it has printed so far. */
  output: () => string
  /** Sends the signal and resolves with the exit code, null when the signal ended it. */
  end: (signal: NodeJS.Signals) => Promise<number | null>
}>

export type AppOptions = Readonly<{
  dataDir: string
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
  /** 0, any free port, unless a restart must be found where the first one was. */
  port?: number
}>

/** Starts the real program as a process of its own and resolves when its page answers. Killed when the test ends. */
export async function startApp(
  t: Readonly<{ after: (cleanUp: () => unknown) => void }>,
  { dataDir, args = [], env = {}, port = 0 }: AppOptions,
): Promise<App> {
  const child = spawn(process.execPath, [mainFile, 'start', ...args], {
    env: { PATH: process.env['PATH'], ...env, ORDERMILL_DATA_DIR: dataDir, PORT: `${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    await exited
    return child.exitCode
  }
  t.after(() => (child.exitCode === null && child.signalCode === null ? end('SIGKILL') : undefined))
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const url = await new Promise<string>((resolve, reject) => {
    const failed = (why: string): void => reject(new Error(`ordermill start ${why}:\n${output}`))
    const timer = setTimeout(failed, startTimeoutMs, `printed no address within ${startTimeoutMs} ms`)
    child.once('exit', (code) => failed(`exited with ${code}`))
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line}\n`
      const address = /^ {2}API +(http:\/\/[^/]+)\//.exec(line)?.[1]
      if (address === undefined) return
      clearTimeout(timer)
      resolve(address)
    })
  })
  return { url, dataDir, process: child, output: () => output, end }
}
