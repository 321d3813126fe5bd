import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { MemberSettings } from './member-process.ts'

const file = fileURLToPath(new URL('./member-process.ts', import.meta.url))

export type MemberProcess = Readonly<{
  child: ChildProcess
  /** The values that it was handed. */
  batches: readonly (readonly string[])[]
  /** Lets the step end that waits, or the next one that will. */
  goOn: () => void
}>

type Settings = Pick<MemberSettings, 'bootstrap' | 'group' | 'topic' | 'out'> & Partial<MemberSettings>

/** Killed when the test ends. */
export function startMemberProcess(t: TestContext, settings: Settings): MemberProcess {
  const all: MemberSettings = {
    clientId: 'process',
    recordsMax: 100,
    waits: false,
    delivery: 'exactly-once',
    ...settings,
  }
  const args = ['--disable-warning=ExperimentalWarning', file, JSON.stringify(all)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  })
  const batches: (readonly string[])[] = []
  createInterface({ input: child.stdout }).on('line', (line) => void batches.push(JSON.parse(line) as string[]))
  return { child, batches, goOn: () => void child.stdin.write('\n') }
}
