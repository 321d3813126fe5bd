import { orderGroups } from '../codec/groups.ts'
import { openReader, type Reader } from '../compose/storage.ts'
import type { Config } from '../config.ts'
import { startEngineThread, type EngineThread } from '../engine/engine-thread.ts'
import { OrdermillError } from '../errors.ts'
import type { Intake } from '../ports/intake.ts'
import { totalLag } from '../ports/lag.ts'
import type { Log } from '../ports/log.ts'
import type { Counting, Offsets } from './counted.ts'

/**
 * Log and store themselves: the data directory, held by this command because no server runs on it, or Kafka, where the
 * services run elsewhere.
 */
export type LocalEngine = Readonly<{
  log: Pick<Log, 'append' | 'read' | 'topics' | 'lag'>
  intake: Pick<Intake, 'reserveOrderIds' | 'noteOrderIds'>
  /** undefined where the services run elsewhere: whether they run at all can't be told here. */
  counting: Counting | undefined
  /** Finishes every batch in flight and gives the directory free; the rest is for the next start. */
  stop: () => Promise<void>
  /** Records that payment has not handled yet, and does not before the next start. */
  pendingPayments: () => Promise<number>
}> &
  AsyncDisposable

// What is refused is in the totals and can be listed; stdout belongs to the command's own result.
const loggerOptions = { level: 'silent', pretty: false } as const

/**
 * `services` says whether those of this process work on what is appended meanwhile.
 *
 * @throws {OrdermillError} DATA_DIR_LOCKED, LOG_REFUSED and others that keep log or store from being opened
 */
export async function openLocalEngine(
  config: Config,
  { services }: Readonly<{ services: boolean }>,
): Promise<LocalEngine> {
  const isShared = config.kafka !== undefined
  const engine = await startEngineThread({ config, loggerOptions, services: services && !isShared, demo: undefined })
  const reader = await openReader(config)
  const log = { ...reader.log, append: engine.append }
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= engine.stop())
  return {
    log,
    intake: engine,
    stop,
    counting: isShared ? undefined : countingOf(config, engine, reader),
    async pendingPayments() {
      if (isShared) return 0
      const lags = await log.lag(orderGroups.payment)
      return totalLag(lags.filter(({ topic }) => topic === config.topic))
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await reader.close()
    },
  }
}

function countingOf({ topic }: Config, engine: EngineThread, { log, store }: Reader): Counting {
  return {
    ends: () => endsOf(log, topic),
    async counted() {
      await refuseFailed(engine)
      return (await store.totals()).asOf.get(topic) ?? new Map()
    },
  }
}

async function endsOf(log: Pick<Log, 'topics'>, topic: string): Promise<Offsets> {
  const found = (await log.topics()).find(({ name }) => name === topic)
  return new Map((found?.partitions ?? []).map(({ partition, end }) => [partition, end]))
}

async function refuseFailed(engine: EngineThread): Promise<void> {
  const failed = (await engine.services()).find(({ name, state }) => name === 'analytics' && state === 'failed')
  if (failed)
    throw new OrdermillError('STORE_UNAVAILABLE', `the orders are in the log, but counting failed: ${failed.detail}`)
}
