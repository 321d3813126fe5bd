import { setTimeout } from 'node:timers/promises'
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
/** `amid commit` is for a commit of several requests: all have been sent but the one that ends it. */
export type CrashPoint = (typeof crashPoints)[number] | 'amid commit'

/** Who can be killed: the services, and whoever carries out what operators ask for. */
export type Mortal = ServiceName | 'operations'

export type Crash = Readonly<{
  service: Mortal
  point: CrashPoint
  /** How often the point is passed before. */
  after: number
  /** Stops itself there instead, and works on so long after somebody has woken it. */
  holdMs?: number
}>

export function pointsOf(service: Mortal): readonly CrashPoint[] {
  if (service === 'payment') return crashPoints
  if (service === 'operations') return ['after outputs', 'commit sent', 'commit acknowledged']
  const withoutMiddle = crashPoints.filter((point) => point !== 'amid documents')
  return service === 'fraud' ? withoutMiddle.filter((point) => point !== 'after documents') : withoutMiddle
}

export type CrashPoints = Readonly<{
  /** The ports of one service, which dies where it is told to. */
  wrap: (service: Mortal, ports: Ports) => Ports
  /** To be called at these moments of a log's commits. */
  amidCommit: () => void
  commitSent: () => void
}>

export function openCrashPoints(crash: Crash | undefined): CrashPoints {
  let left = crash?.after ?? 0
  let isCommitting = false
  let hasCommitted = false
  /** Nothing of this process runs behind a crash, not even a microtask. */
  const pass = (service: Mortal, point: CrashPoint): Promise<unknown> | undefined => {
    if (crash?.service !== service || crash.point !== point) return undefined
    left -= 1
    if (left !== -1) return undefined
    if (crash.holdMs === undefined) return die()
    process.kill(process.pid, 'SIGSTOP')
    return setTimeout(crash.holdMs)
  }
  const wrapLog = (service: Mortal, log: Log): Log => ({
    ...log,
    transform: (subscription, step, signal) =>
      log.transform(
        subscription,
        async (batch: Batch) => {
          if (hasCommitted && crash?.service === service) await pass(service, 'commit acknowledged')
          if (service === 'fraud') await pass(service, 'before documents')
          const outputs = await step(batch)
          await pass(service, 'after outputs')
          if (crash?.service === service) {
            isCommitting = true
            hasCommitted = true
          }
          return outputs
        },
        signal,
      ),
  })
  const wrapStore = (service: Mortal, store: OrderStore): OrderStore => {
    const around = async <Result>(before: CrashPoint | undefined, write: () => Promise<Result>): Promise<Result> => {
      if (before) await pass(service, before)
      const result = await write()
      await pass(service, 'after documents')
      return result
    }
    return {
      ...store,
      applyOrders: (...args) => around('before documents', () => store.applyOrders(...args)),
      applyViews: (...args) => around('before documents', () => store.applyViews(...args)),
      reserve: async (...args) => {
        await pass(service, 'before documents')
        return store.reserve(...args)
      },
      settle: (...args) => around('amid documents', () => store.settle(...args)),
    }
  }
  return {
    wrap: (service, { log, store }) => ({ log: wrapLog(service, log), store: wrapStore(service, store) }),
    amidCommit() {
      if (isCommitting && crash) void pass(crash.service, 'amid commit')
    },
    commitSent() {
      if (isCommitting && crash) void pass(crash.service, 'commit sent')
      isCommitting = false
    },
  }
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
