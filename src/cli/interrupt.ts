import { exitCodes } from './exit-codes.ts'

export type Interrupt = Readonly<{ signal: AbortSignal }> & Disposable

/** Aborts at SIGINT or SIGTERM, so that what is in flight can be finished; a second signal ends the process at once. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.failed)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
