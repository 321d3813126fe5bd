import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * Runs a program that can't outlive us. A guard beside it waits for the end of the standard input that we hold: even
 * when we are killed by SIGKILL the system closes it, and the guard then kills the program, stopped by SIGSTOP or not,
 * and removes the directory. It ignores the signals that end a whole process group, as the program might be stopped.
 */
const script = `
exec 3<&0
directory=$1
shift
"$@" </dev/null >>"$directory/output.log" 2>&1 3<&- &
program=$!
(trap '' HUP INT TERM; read -r _ <&3; kill -9 $$ $program; rm -rf "$directory") >/dev/null &
guard=$!
exec 3<&-
echo $program
wait $program
kill -9 $guard
`

export type GuardedJvm = Readonly<{
  pid: number
  signal: (signal: NodeJS.Signals) => void
  hasExited: () => boolean
  exited: Promise<void>
}>

/**
 * What it prints goes to `output.log` in the directory, which it works in, and which is removed when we are killed.
 *
 * @param variables on top of our environment
 */
export async function startGuardedJvm(
  directory: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<GuardedJvm> {
  const child = spawn('/bin/sh', ['-c', script, 'sh', directory, 'java', ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: directory,
    env: { ...process.env, ...variables },
  })
  const exited = once(child, 'exit').then(() => void child.stdin.destroy())
  const lines = createInterface({ input: child.stdout })
  const [line] = (await once(lines, 'line')) as [string]
  const pid = Number(line)
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null
  return { pid, hasExited, exited, signal: (signal) => void (hasExited() || process.kill(pid, signal)) }
}
