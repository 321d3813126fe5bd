import type { Logger } from '../telemetry/logger.ts'
import { OrdermillError } from '../errors.ts'
import { backoffMs, type Backoff } from '../domain/backoff.ts'
import type { PipelineObserver } from '../telemetry/pipeline-observer.ts'

/**
 * `paused`: the last batch failed and comes again, or the log has trouble. `paused_by_operator`: it waits to be resumed,
 * and nothing is wrong. `failed`: it ended by an error that no retry can mend.
 */
export type ServiceState = Readonly<{
  name: string
  state: 'starting' | 'running' | 'paused' | 'paused_by_operator' | 'stopped' | 'failed'
  detail: string
}>

/** A service that ended by an error that no retry can mend. */
export type ServiceFailure = Readonly<{ name: string; error: unknown }>

export type Supervisor = Readonly<{
  states: () => readonly ServiceState[]
  /** An operator lets it rest, or go on. */
  rests: (name: string, isPaused: boolean) => void
  observe: (observer: PipelineObserver) => PipelineObserver
  /** Resolves when every service has ended, with those that failed. */
  run: (
    services: ReadonlyMap<string, (signal: AbortSignal) => Promise<void>>,
    signal: AbortSignal,
  ) => Promise<readonly ServiceFailure[]>
}>

export type SupervisorOptions = Readonly<{
  logger: Logger
  sleep: (durationMs: number, signal: AbortSignal) => Promise<void>
  random: () => number
  /** What keeps the log from serving a service at present. */
  troubleOf?: (service: string) => string | undefined
}>

const restartPause: Backoff = { baseMs: 100, maxMs: 10_000 }

/**
 * Runs services side by side and knows how each is doing. One that ends by an error that may pass is started again; by
 * another error, it stays ended and says so.
 */
export function superviseServices({ logger, sleep, random, troubleOf }: SupervisorOptions): Supervisor {
  const states = new Map<string, ServiceState>()
  const set = (name: string, state: ServiceState['state'], detail = ''): void => {
    states.set(name, { name, state, detail })
  }
  const fail = (name: string, error: unknown): readonly ServiceFailure[] => {
    set(name, 'failed', reasonOf(error))
    logger.fatal({ service: name, err: error }, 'service ended by an error that no retry can mend')
    return [{ name, error }]
  }
  return {
    states: () => [...states.values()].map((known) => pausedBy(troubleOf?.(known.name), known)),
    rests(name, isPaused) {
      if (isPaused) set(name, 'paused_by_operator', 'paused by an operator')
      else set(name, 'running')
    },
    observe: (observer) => ({
      ...observer,
      committing(event) {
        if (states.get(event.service)?.state === 'paused') set(event.service, 'running')
        observer.committing(event)
      },
      failed(event) {
        set(event.service, 'paused', reasonOf(event.error))
        observer.failed(event)
      },
    }),
    async run(services, signal) {
      const runOne = async ([name, service]: readonly [string, (signal: AbortSignal) => Promise<void>]) => {
        for (let attempt = 1; ; attempt += 1) {
          set(name, 'running')
          try {
            await service(signal)
            set(name, 'stopped')
            return []
          } catch (error) {
            if (!(error instanceof OrdermillError && error.retryable) || signal.aborted) return fail(name, error)
            set(name, 'paused', reasonOf(error))
            logger.warn({ service: name, err: error }, 'service stopped, starts again')
            await sleep(backoffMs(restartPause, attempt, random()), signal)
          }
        }
      }
      return (await Promise.all([...services].map(runOne))).flat()
    },
  }
}

function pausedBy(trouble: string | undefined, known: ServiceState): ServiceState {
  if (trouble === undefined || known.state !== 'running') return known
  return { ...known, state: 'paused', detail: trouble }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
