import { openEngine, type Engine } from '../compose/engine.ts'
import { forgetServer } from '../compose/server-file.ts'
import type { Config } from '../config.ts'
import { OrdermillError } from '../errors.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import type { Counting, Offsets } from './counted.ts'

/** The data directory itself, held by this command because no server runs on it. */
export type LocalEngine = Readonly<{
  log: Engine['log']
  store: Engine['store']
  /** From now on the services work on what is appended; until it is disposed of. */
  runServices: () => void
  counting: Counting
  /** Finishes every batch in flight; the rest is for the next start. */
  stopServices: () => Promise<void>
  /** Records that payment has not handled yet. */
  pendingPayments: () => Promise<number>
}> &
  AsyncDisposable

const paymentsGroup = 'payments-group'

/** @throws {OrdermillError} DATA_DIR_LOCKED and others that keep the directory from being opened */
export async function openLocalEngine(config: Config): Promise<LocalEngine> {
  // What is refused is in the totals and can be listed; stdout belongs to the command's own result.
  const logger = createLogger({ level: 'silent', pretty: false })
  const engine = await openEngine(config, { logger, metrics: createMetrics({ processMetrics: false }) })
  forgetServer(config.dataDir)
  const end = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const stopServices = (): Promise<void> => {
    end.abort()
    return running
  }
  return {
    log: engine.log,
    store: engine.store,
    runServices() {
      running = engine.run(end.signal)
    },
    stopServices,
    counting: {
      ends: () => endsOf(engine, config.topic),
      async counted() {
        refuseFailed(engine)
        return (await engine.store.totals()).asOf.get(config.topic) ?? new Map()
      },
    },
    async pendingPayments() {
      const lags = await engine.log.lag(paymentsGroup)
      return lags.filter(({ topic }) => topic === config.topic).reduce((sum, { lagRecords }) => sum + lagRecords, 0)
    },
    async [Symbol.asyncDispose]() {
      await stopServices()
      await engine.close()
    },
  }
}

async function endsOf({ log }: Engine, topic: string): Promise<Offsets> {
  const found = (await log.topics()).find(({ name }) => name === topic)
  return new Map((found?.partitions ?? []).map(({ partition, end }) => [partition, end]))
}

function refuseFailed(engine: Engine): void {
  const failed = engine.services().find(({ name, state }) => name === 'analytics' && state === 'failed')
  if (failed)
    throw new OrdermillError('STORE_UNAVAILABLE', `the orders are in the log, but counting failed: ${failed.detail}`)
}
