import { Command, CommanderError } from 'commander'
import { OrdermillError } from '../errors.ts'
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts'
import { startCommand } from './start.ts'
import { version } from './version.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A command: what it takes, and what it does. */
export type CliCommand = (environment: Environment, done: (code: ExitCode) => void) => Command

const commands: readonly CliCommand[] = [startCommand]

/** Runs one command line. Errors are one line on stderr with their code. */
export async function runCommand(args: readonly string[], environment: Environment): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done
  const program = new Command('ordermill')
    .description('Real-time order processing that counts exactly')
    .version(version)
    .exitOverride()
    .showHelpAfterError()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but some input was refused',
    )
  for (const command of commands) {
    program.addCommand(command(environment, (code) => (exitCode = code)).exitOverride())
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    return reportError(error)
  }
}

function reportError(error: unknown): ExitCode {
  // Commander has printed its own message, help and version included.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  if (error instanceof OrdermillError) {
    process.stderr.write(`ordermill: ${error.code}: ${error.message}\n`)
    return exitCodeOf(error.code)
  }
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`ordermill: INTERNAL: ${message.replaceAll(/\s+/g, ' ')}\n`)
  return exitCodes.failed
}
