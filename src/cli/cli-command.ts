import type { Command } from 'commander'
import type { ExitCode } from './exit-codes.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A command: what it takes, and what it does. `done` is told an exit code that is neither success nor an error. */
export type CliCommand = (environment: Environment, done: (code: ExitCode) => void) => Command
