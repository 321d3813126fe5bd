import { startCli, type CliOptions, type CliResult } from './run-cli.ts'
import { waitFor } from './wait-for.ts'

export type StartedService = Readonly<{
  /** All that it has printed so far, on both streams. */
  output: () => string
  /** Resolves with what the first group of `pattern` is, as soon as it was printed. */
  printed: (pattern: RegExp) => Promise<string>
  /** Sends the signal and resolves when it is gone. */
  end: (signal: NodeJS.Signals) => Promise<CliResult>
}>

/** `ordermill run` or `start` as a process of its own. Killed when the test ends. */
export function startService(
  t: Readonly<{ after: (cleanUp: () => unknown) => void }>,
  args: readonly string[],
  options: CliOptions,
): StartedService {
  const { child, done } = startCli(args, options)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const end = (signal: NodeJS.Signals): Promise<CliResult> => {
    if (!hasEnded()) child.kill(signal)
    return done
  }
  t.after(() => end('SIGKILL'))
  return {
    output: () => output,
    end,
    async printed(pattern) {
      await waitFor(`${args.join(' ')} prints ${pattern}`, () => {
        if (hasEnded()) throw new Error(`${args.join(' ')} has ended:\n${output}`)
        return pattern.test(output)
      })
      return pattern.exec(output)?.[1] ?? ''
    },
  }
}
