import { Command, CommanderError } from 'commander'
import { OrdermillError } from '../errors.ts'
import type { CliCommand, Environment } from './cli-command.ts'
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts'
import { endQuietlyWithoutReader } from './output.ts'
import { version } from './version.ts'

/** Each is loaded when it is called: what a command does not need, such as the whole server, it does not wait for. */
const commands: ReadonlyMap<string, () => Promise<CliCommand>> = new Map([
  ['start', async () => (await import('./start.ts')).startCommand],
  ['run', async () => (await import('./run.ts')).runCommand],
  ['import', async () => (await import('./import.ts')).importCommand],
  ['produce', async () => (await import('./produce.ts')).produceCommand],
  ['totals', async () => (await import('./totals.ts')).totalsCommand],
  ['reconcile', async () => (await import('./reconcile.ts')).reconcileCommand],
  ['rebuild', async () => (await import('./rebuild.ts')).rebuildCommand],
  ['order', async () => (await import('./order.ts')).orderCommand],
  ['journey', async () => (await import('./journey.ts')).journeyCommand],
  ['payments', async () => (await import('./payments.ts')).paymentsCommand],
  ['topics', async () => (await import('./topics.ts')).topicsCommand],
  ['groups', async () => (await import('./groups.ts')).groupsCommand],
  ['store', async () => (await import('./store.ts')).storeCommand],
  ['tail', async () => (await import('./tail.ts')).tailCommand],
  ['dead-letters', async () => (await import('./dead-letters.ts')).deadLettersCommand],
  ['export', async () => (await import('./export.ts')).exportCommand],
  ['jobs', async () => (await import('./jobs.ts')).jobsCommand],
  ['audit', async () => (await import('./audit.ts')).auditCommand],
  ['doctor', async () => (await import('./doctor.ts')).doctorCommand],
])

const exitCodeHelp = '\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but some input was refused'

type ProgramOptions = Readonly<{
  environment: Environment
  done: (code: ExitCode) => void
  /** The one command that is wanted; all when it is left out or not known. */
  only?: string | undefined
}>

export async function createProgram({ environment, done, only = '' }: ProgramOptions): Promise<Command> {
  const program = new Command('ordermill')
    .description('Real-time order processing that counts exactly')
    .version(version)
    // A command within a command has options of its own, some of which the outer one has too.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: writeUsageError })
    .addHelpText('after', exitCodeHelp)
  const load = commands.get(only)
  for (const create of await Promise.all(load ? [load()] : [...commands.values()].map((one) => one()))) {
    const command = create(environment, done).copyInheritedSettings(program)
    for (const inner of command.commands) inner.copyInheritedSettings(command)
    program.addCommand(command)
  }
  return program
}

function writeUsageError(text: string, write: (text: string) => void): void {
  const reason = text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s+/g, ' ')
  write(`ordermill: USAGE: ${reason}: see "ordermill --help"\n`)
}

/** Runs one command line. Errors are one line on stderr with their code. */
export async function runCommand(args: readonly string[], environment: Environment): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done
  endQuietlyWithoutReader()
  try {
    const program = await createProgram({ environment, done: (code) => (exitCode = code), only: args[0] })
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
    process.stderr.write(`ordermill: ${error.code}: ${error.message.replaceAll(/\s+/g, ' ')}\n`)
    return exitCodeOf(error.code)
  }
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`ordermill: INTERNAL: ${message.replaceAll(/\s+/g, ' ')}\n`)
  return exitCodes.failed
}
