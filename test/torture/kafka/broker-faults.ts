import { setTimeout } from 'node:timers/promises'
import type { Broker } from '../../support/kafka/broker.ts'
import { brokersKnownAt } from '../../support/kafka/brokers-known-at.ts'
import type { TcpProxy } from '../../support/tcp-proxy.ts'
import { planBrokers, type BrokerFault, type NetworkFault } from './fault-plan.ts'
import { pause, type Stage } from './stage.ts'

export type Surroundings = Readonly<{ brokers: readonly Broker[]; proxy: TcpProxy | undefined }>

/** Between two faults, so that something gets done. */
const restMs = 6_000
const wholeLimitMs = 90_000
const pollMs = 200

/** One fault after the other, of one broker or the network at a time; all is well again when it resolves. */
export async function disturbBrokers(stage: Stage, { brokers, proxy }: Surroundings): Promise<void> {
  const { random, calm, count, tell } = stage
  for (const fault of planBrokers({ random, brokers: brokers.length, hasProxy: proxy !== undefined })) {
    await pause(restMs * (0.5 + random()), calm)
    if (calm.aborted) return
    count(fault.kind)
    tell(fault.kind)
    const ended = stage.disturb()
    try {
      if ('which' in fault) await disturbBroker(stage, brokers, fault)
      else if (proxy) await disturbNetwork(stage, proxy, fault)
    } finally {
      ended()
    }
  }
}

async function disturbBroker({ calm, tell }: Stage, brokers: readonly Broker[], fault: BrokerFault): Promise<void> {
  const broker = brokers[fault.which]
  if (!broker) return
  switch (fault.kind) {
    case 'broker pause':
      broker.pause()
      await pause(fault.pauseMs, calm)
      broker.resume()
      break
    case 'broker kill':
    case 'broker stop':
      await (fault.kind === 'broker kill' ? broker.kill() : broker.shutDown())
      await pause(fault.downMs, calm)
      // It goes on with its start when that takes longer than a start should on an idle machine.
      await broker.restart().catch((error: unknown) => tell(String(error)))
      break
    default:
      return fault satisfies never
  }
  await untilWhole(brokers)
}

/** Two of three away at once is more than three are meant to take. */
async function untilWhole(brokers: readonly Broker[]): Promise<void> {
  for (const endMs = performance.now() + wholeLimitMs; ;) {
    const known = await Promise.all(brokers.map(({ port }) => brokersKnownAt(port)))
    if (known.every((ids) => ids.length === brokers.length)) return
    if (performance.now() > endMs) {
      const said = brokers.map((broker) => broker.logTail()).join('\n')
      throw new Error(`the brokers are not together after ${wholeLimitMs} ms: ${said}`)
    }
    await setTimeout(pollMs)
  }
}

async function disturbNetwork({ calm, random }: Stage, proxy: TcpProxy, { kind, forMs }: NetworkFault): Promise<void> {
  switch (kind) {
    case 'latency':
      proxy.latency(20 + 200 * random())
      break
    case 'reset':
      return proxy.reset()
    case 'half-open':
      proxy.halfOpen()
      break
    case 'lost replies':
      proxy.dropReplies()
      break
    case 'refused connections':
      proxy.refuse()
      proxy.reset()
      break
    default:
      return kind satisfies never
  }
  await pause(forMs, calm)
  if (kind === 'refused connections') await proxy.accept()
  else proxy.forward()
}
