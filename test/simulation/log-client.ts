import { OrdermillError } from '../../src/errors.ts'
import type { Batch, Log, NewRecord, Step, Subscription } from '../../src/ports/log.ts'
import type { Broker } from './broker.ts'
import type { Calls } from './faults.ts'
import type { Process, World } from './world.ts'

/** What a process sees of the broker. */
export type LogClient = Readonly<{
  log: Log
  /** The broker gives the process up: its partitions go to others, whatever it is doing. */
  expire: () => void
}>

type Session = Readonly<{ expire: () => void }>

export function openLogClient(world: World, broker: Broker, owner: Process, calls: Calls): LogClient {
  const sessions = new Set<Session>()
  const call = <Result>(use: (log: Log) => Promise<Result>) => calls('LOG_UNAVAILABLE', () => broker.call(use))
  return {
    expire: () => {
      for (const session of sessions) session.expire()
    },
    log: {
      append: (records) => call((log) => log.append(records)),
      read: (range) => call((log) => log.read(range)),
      topics: () => call((log) => log.topics()),
      lag: (group) => call((log) => log.lag(group)),
      groups: () => call((log) => log.groups()),
      offsetAt: (topic, partition, timestampMs) => call((log) => log.offsetAt(topic, partition, timestampMs)),
      members: (group) => call((log) => log.members(group)),
      createTopics: (topics) => call((log) => log.createTopics(topics)),
      deleteTopic: (topic) => call((log) => log.deleteTopic(topic)),
      seek: (group, targets) => call((log) => log.seek(group, targets)),
      close: () => Promise.resolve(),
      async transform(subscription, step, signal) {
        while (!signal.aborted) {
          await world.gate(owner)
          await runSession({ world, broker, owner, sessions }, subscription, step, signal)
        }
      },
    },
  }
}

type Context = Readonly<{ world: World; broker: Broker; owner: Process; sessions: Set<Session> }>

/** One membership: ends with the signal, or when the broker gives the process up or goes down. */
async function runSession(
  { world, broker, owner, sessions }: Context,
  subscription: Subscription,
  step: Step,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return
  const controller = new AbortController()
  const expired = Promise.withResolvers<never>()
  expired.promise.catch(() => {})
  const timedOut = new OrdermillError('LOG_UNAVAILABLE', 'the session timed out')
  const end = (): void => controller.abort(timedOut)
  const session = {
    expire: () => {
      end()
      expired.reject(timedOut)
    },
  }
  let inFlight: Promise<unknown> = Promise.resolve()
  const handOut = async (batch: Batch): Promise<readonly NewRecord[]> => {
    await world.gate(owner)
    const running = step({ ...batch, signal: heartbeat(world, owner, batch.signal) })
    inFlight = running.catch(() => {})
    const outputs = await running
    await world.gate(owner)
    return outputs
  }
  signal.addEventListener('abort', end)
  sessions.add(session)
  try {
    await broker.call((log) =>
      log.transform(subscription, (batch) => Promise.race([handOut(batch), expired.promise]), controller.signal),
    )
  } catch (error) {
    // The client of a broker that went down, or gave it up, joins again by itself.
    if (!(error instanceof OrdermillError) || !error.retryable) throw error
  } finally {
    sessions.delete(session)
    signal.removeEventListener('abort', end)
    session.expire()
    await inFlight
  }
}

/** The news that a partition is lost reaches its owner late, and now and then only when it tries to commit. */
function heartbeat(world: World, owner: Process, lost: AbortSignal): AbortSignal {
  const controller = new AbortController()
  const tell = async (): Promise<void> => {
    await world.gate(owner)
    controller.abort()
  }
  if (world.random() < 0.7) lost.addEventListener('abort', () => void tell(), { once: true })
  return controller.signal
}
