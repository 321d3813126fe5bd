import { OrdermillError, type ErrorCode } from '../errors.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { note } from './output.ts'

/** What a command runs until a signal ends it. */
export type Stoppable = Readonly<{
  /** Resolves when it has ended by itself, with why. */
  ended: Promise<Error | undefined>
  /** Resolves when every batch in flight is done. */
  stop: () => Promise<void>
}>

/** A stop that takes longer than this is a fault, and container platforms kill after 30 s. */
const drainTimeoutMs = 25_000
const goesOn = 'nothing is lost, it goes on at the next start'

/** Until a signal, or until it ends on its own, which is a failure: whoever supervises this process starts it again. */
export async function untilStopped(running: Stoppable, what: string): Promise<ExitCode> {
  const reason = await Promise.race([nextSignal(), running.ended])
  if (reason instanceof OrdermillError) return end(reason.code, `${what} ended by itself: ${reason.message}`)
  if (reason instanceof Error) return giveUp(`${what} ended by itself: ${reason.message}`)
  note('Stopping: batches in flight are finished first')
  const timer = setTimeout(giveUp, drainTimeoutMs, `not stopped within ${drainTimeoutMs} ms`)
  void nextSignal().then(() => end('INTERRUPTED', `stopped at once by a second signal; ${goesOn}`))
  await running.stop()
  clearTimeout(timer)
  return exitCodes.done
}

function giveUp(why: string): never {
  return end('INTERNAL', `${why}; ${goesOn}`)
}

function end(code: ErrorCode, why: string): never {
  process.stderr.write(`ordermill: ${code}: ${why.replaceAll(/\s+/g, ' ')}\n`)
  process.exit(exitCodes.failed)
}

function nextSignal(): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
  return promise
}
