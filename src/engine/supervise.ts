import type { Logger } from '../telemetry/logger.ts'
import type { PipelineObserver } from '../telemetry/pipeline-observer.ts'

/** `paused`: the last batch failed and comes again. `failed`: it ended by an error that no retry can mend. */
export type ServiceState = Readonly<{
  name: string
  state: 'starting' | 'running' | 'paused' | 'stopped' | 'failed'
  detail: string
}>

export type Supervisor = Readonly<{
  states: () => readonly ServiceState[]
  observe: (observer: PipelineObserver) => PipelineObserver
  run: (services: ReadonlyMap<string, (signal: AbortSignal) => Promise<void>>, signal: AbortSignal) => Promise<void>
}>

/** Runs services side by side and knows how each is doing. One that ends by an error stays ended, and says so. */
export function superviseServices(logger: Logger): Supervisor {
  const states = new Map<string, ServiceState>()
  const set = (name: string, state: ServiceState['state'], detail = ''): void => {
    states.set(name, { name, state, detail })
  }
  return {
    states: () => [...states.values()],
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
        set(name, 'running')
        try {
          await service(signal)
          set(name, 'stopped')
        } catch (error) {
          set(name, 'failed', reasonOf(error))
          logger.fatal({ service: name, err: error }, 'service ended by an error that no retry can mend')
        }
      }
      await Promise.all([...services].map(runOne))
    },
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
