import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { openMemoryLogStorage } from '../../src/adapters/memory/memory-log-storage.ts'
import { OrdermillError } from '../../src/errors.ts'
import type { Log } from '../../src/ports/log.ts'
import { runtimeOf, type World } from './world.ts'

/** The log that all processes share, on a disk that outlives it. */
export type Broker = Readonly<{
  /** As it runs now. */
  log: () => Log
  /** Calls the log; rejects when the broker goes down meanwhile, with the effect perhaps applied. */
  call: <Result>(use: (log: Log) => Promise<Result>) => Promise<Result>
  /** Killed in whatever it did, and started again on its disk. Members have to join anew. */
  restart: () => void
}>

export function openBroker(world: World): Broker {
  const storage = openMemoryLogStorage()
  const open = () => {
    const down = Promise.withResolvers<never>()
    down.promise.catch(() => {})
    return { log: openMemoryLog({ storage, ...runtimeOf(world, undefined) }), down }
  }
  let running = open()
  return {
    log: () => running.log,
    call: (use) => {
      const { log, down } = running
      return Promise.race([use(log), down.promise])
    },
    restart() {
      const { down } = running
      world.drop(undefined)
      running = open()
      down.reject(new OrdermillError('LOG_UNAVAILABLE', 'the broker went down'))
    },
  }
}
