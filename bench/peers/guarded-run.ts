import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/**
 * The program can't outlive us: a guard beside it waits for the end of the standard input that we hold, which comes even
 * when we are killed by SIGKILL, and then kills the program.
 */
const script = `
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
(read -r _ <&3; kill -9 $program) >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait $program
code=$?
kill -9 $guard 2>/dev/null
exit $code
`
const messageCharsMax = 4_000

export type GuardedRun = Readonly<{
  env?: Readonly<Record<string, string>>
  /** It is killed after so long. */
  limitMs?: number
}>

/** What the program printed. Rejects with the end of what it complained of when it fails or takes too long. */
export async function runGuarded(
  program: string,
  args: readonly string[],
  { env = {}, limitMs = 300_000 }: GuardedRun = {},
): Promise<string> {
  const child = spawn('/bin/sh', ['-c', script, 'sh', program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.stdin.destroy()
  }, limitMs)
  try {
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    if (child.exitCode === 0) return out
    const why = isLate ? `it was ended after ${limitMs} ms` : `exit code ${child.exitCode}`
    throw new Error(`${[program, ...args].join(' ')} failed, ${why}: ${`${out}${err}`.trim().slice(-messageCharsMax)}`)
  } finally {
    clearTimeout(timer)
    child.stdin.destroy()
  }
}
