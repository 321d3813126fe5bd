import { fileURLToPath } from 'node:url'
import type { ShardKey } from '../../../src/ports/shards.ts'
import type { ServiceName } from '../../support/pipeline-rig.ts'
import { childOf, forkEntry, type Child } from '../child.ts'
import { answerCharge, type Outside } from '../outside.ts'
import type { FromService, ServiceOrders } from './messages.ts'

const entry = fileURLToPath(new URL('./service-entry.ts', import.meta.url))
const sourcePlants = new URL('./planted-sources.ts', import.meta.url).href
const saidCharsMax = 4_000

export type ServiceProcess = Omit<Child, 'send'> &
  Readonly<{
    service: ServiceName
    /** Records that were handed to its step, repetitions counted. */
    handedOut: () => number
    /** Resolves when it can be told to end. */
    ready: Promise<void>
    /** Resolves when the first records were handed out. */
    works: Promise<void>
    /** The end of its log. */
    said: () => string
  }>

export type Surroundings = Readonly<{
  outside: Outside
  onClaim: (shard: ShardKey, epoch: number) => void
  /** Name of a fault that is planted in its sources. */
  plantedSource?: string | undefined
}>

export function startService(orders: ServiceOrders, surroundings: Surroundings): ServiceProcess {
  const { outside, onClaim, plantedSource } = surroundings
  const options =
    plantedSource === undefined ? [] : ['--import', `${sourcePlants}?${encodeURIComponent(plantedSource)}`]
  const forked = forkEntry(entry, JSON.stringify(orders), options)
  const child = childOf(forked)
  const first = Promise.withResolvers<void>()
  const ready = Promise.withResolvers<void>()
  let handedOut = 0
  let said = ''
  forked.stdout?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-saidCharsMax)))
  forked.on('message', (message: FromService) => {
    switch (message.kind) {
      case 'charge':
        return answerCharge(message, outside, child.send)
      case 'ready':
        return ready.resolve()
      case 'claimed':
        return onClaim(message.shard, message.epoch)
      case 'handed out':
        handedOut += message.records
        return first.resolve()
      default:
        return message satisfies never
    }
  })
  return {
    ...child,
    service: orders.service,
    handedOut: () => handedOut,
    ready: ready.promise,
    works: first.promise,
    said: () => `${child.errors()}\n${said}`.trim(),
  }
}
