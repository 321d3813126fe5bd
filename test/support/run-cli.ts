import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const mainFile = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export type CliOptions = Readonly<{
  dataDir: string
  env?: Readonly<Record<string, string>>
  /** Standard input; empty when left out. */
  input?: string | Uint8Array
}>

export type CliResult = Readonly<{ code: number | null; stdout: string; stderr: string }>

/** The real program with one command, in a process of its own. */
export function startCli(args: readonly string[], { dataDir, env = {}, input = '' }: CliOptions) {
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', mainFile, ...args], {
    // Payments take no time, so that a command has none to finish before it ends.
    env: { PATH: process.env['PATH'], ORDERMILL_GATEWAY_LATENCY_MS: '0', ORDERMILL_DATA_DIR: dataDir, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const { stdin, stdout, stderr } = child
  // A command that refuses to run doesn't read its input.
  stdin?.on('error', () => {})
  stdin?.end(input)
  const done = (async (): Promise<CliResult> => {
    const [out, err] = await Promise.all([stdout ? text(stdout) : '', stderr ? text(stderr) : '', once(child, 'close')])
    return { code: child.exitCode, stdout: out, stderr: err }
  })()
  return { child, done }
}

export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startCli(args, options).done
}

/** What a command with --json printed. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the test says what it expects to be there
export function jsonOf<Shape>({ stdout }: CliResult): Shape {
  return JSON.parse(stdout) as Shape
}

export type ImportReport = Readonly<{
  format: string
  good: number
  bad: number
  appended: number
  already_imported: boolean
  resumed_behind_line: number
  counted: boolean
  pending_payments: number
}>
export type TotalsReport = Readonly<{
  order_count: number
  total_sales: number
  duplicates: number
  dead_letters: number
  as_of: Readonly<Record<string, unknown>>
}>
export type OrderReport = Readonly<{
  order: Readonly<Record<'customer_id' | 'amount' | 'country' | 'status', unknown>> &
    Readonly<{ document: Readonly<Record<string, unknown>> }>
  payment: Readonly<{ outcome: string }>
}>
export type DoctorReport = Readonly<{ checks: readonly Readonly<{ name: string; status: string; detail: string }>[] }>
