import { openReader } from '../compose/engine.ts'
import { forgetServer } from '../compose/server-file.ts'
import type { Config } from '../config.ts'
import { startEngineThread, type EngineThread } from '../engine/engine-thread.ts'
import { OrdermillError } from '../errors.ts'
import type { Intake } from '../ports/intake.ts'
import type { Log } from '../ports/log.ts'
import type { Counting, Offsets } from './counted.ts'

/** The data directory itself, held by this command because no server runs on it. */
export type LocalEngine = Readonly<{
  log: Pick<Log, 'append' | 'read' | 'topics' | 'lag'>
  intake: Pick<Intake, 'reserveOrderIds' | 'noteOrderIds'>
  counting: Counting
  /** Finishes every batch in flight and gives the directory free; the rest is for the next start. */
  stop: () => Promise<void>
  /** Records that payment has not handled yet. */
  pendingPayments: () => Promise<number>
}> &
  AsyncDisposable

const paymentsGroup = 'payments-group'
// What is refused is in the totals and can be listed; stdout belongs to the command's own result.
const loggerOptions = { level: 'silent', pretty: false } as const

/**
 * `services` says whether they work on what is appended meanwhile.
 *
 * @throws {OrdermillError} DATA_DIR_LOCKED and others that keep the directory from being opened
 */
export async function openLocalEngine(
  config: Config,
  { services }: Readonly<{ services: boolean }>,
): Promise<LocalEngine> {
  const engine = await startEngineThread({ config, loggerOptions, services, demo: undefined })
  forgetServer(config.dataDir)
  const reader = openReader(config)
  const log = { ...reader.log, append: engine.append }
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= engine.stop())
  return {
    log,
    intake: engine,
    stop,
    counting: {
      ends: () => endsOf(log, config.topic),
      async counted() {
        await refuseFailed(engine)
        return (await reader.store.totals()).asOf.get(config.topic) ?? new Map()
      },
    },
    async pendingPayments() {
      const lags = await log.lag(paymentsGroup)
      return lags.filter(({ topic }) => topic === config.topic).reduce((sum, { lagRecords }) => sum + lagRecords, 0)
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await reader.store.close()
      await reader.log.close()
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
