import { setImmediate } from 'node:timers/promises'
import type { Batch, Log } from '../../src/ports/log.ts'
import type { OrderStore } from '../../src/ports/order-store.ts'
import type { ServiceName } from '../support/pipeline-rig.ts'

export type Ports = Readonly<{ log: Log; store: OrderStore }>

/** Where a service can be killed. Documents of one batch are one transaction here, so payment alone has a middle. */
export const crashPoints = [
  'before documents',
  'amid documents',
  'after documents',
  'after outputs',
  'commit sent',
  'commit acknowledged',
] as const
export type CrashPoint = (typeof crashPoints)[number]

export type Crash = Readonly<{
  service: ServiceName
  point: CrashPoint
  /** How often the point is passed before. */
  after: number
}>

export function pointsOf(service: ServiceName): readonly CrashPoint[] {
  if (service === 'payment') return crashPoints
  const withoutMiddle = crashPoints.filter((point) => point !== 'amid documents')
  return service === 'fraud' ? withoutMiddle.filter((point) => point !== 'after documents') : withoutMiddle
}

export type CrashPoints = Readonly<{
  /** The ports of one service, which dies where it is told to. */
  wrap: (service: ServiceName, ports: Ports) => Ports
  /** Instead of the log's own: what comes after it is the write. */
  defer: () => Promise<void>
}>

export function openCrashPoints(crash: Crash | undefined): CrashPoints {
  let left = crash?.after ?? 0
  let isCommitting = false
  let hasCommitted = false
  const pass = (service: ServiceName, point: CrashPoint): void => {
    if (crash?.service !== service || crash.point !== point) return
    if (left === 0) die()
    left -= 1
  }
  const wrapLog = (service: ServiceName, log: Log): Log => ({
    ...log,
    transform: (subscription, step, signal) =>
      log.transform(
        subscription,
        async (batch: Batch) => {
          if (hasCommitted && crash?.service === service) pass(service, 'commit acknowledged')
          if (service === 'fraud') pass(service, 'before documents')
          const outputs = await step(batch)
          pass(service, 'after outputs')
          if (crash?.service === service) {
            isCommitting = true
            hasCommitted = true
          }
          return outputs
        },
        signal,
      ),
  })
  const wrapStore = (service: ServiceName, store: OrderStore): OrderStore => {
    const around = async <Result>(before: CrashPoint | undefined, write: () => Promise<Result>): Promise<Result> => {
      if (before) pass(service, before)
      const result = await write()
      pass(service, 'after documents')
      return result
    }
    return {
      ...store,
      applyOrders: (...args) => around('before documents', () => store.applyOrders(...args)),
      applyViews: (...args) => around('before documents', () => store.applyViews(...args)),
      reserve: (...args) => {
        pass(service, 'before documents')
        return store.reserve(...args)
      },
      settle: (...args) => around('amid documents', () => store.settle(...args)),
    }
  }
  return {
    wrap: (service, { log, store }) => ({ log: wrapLog(service, log), store: wrapStore(service, store) }),
    async defer() {
      await setImmediate()
      if (isCommitting && crash) pass(crash.service, 'commit sent')
      isCommitting = false
    },
  }
}

/** Nothing of this process runs after it, not even a microtask. */
function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
