import { freePorts, untilPortsAreFree } from '../free-port.ts'
import { startNode, type Broker } from './broker-node.ts'
import { brokersKnownAt } from './brokers-known-at.ts'
import { waitFor } from '../wait-for.ts'
import type { Listener, Properties } from './server-properties.ts'

export type { Broker } from './broker-node.ts'

export type ClusterOptions = Readonly<{
  /** Lines of server.properties, on top of ours. */
  properties?: Properties
  /** Options of the JVM instead of ours, which make for a quick start: `['-Xmx1g']` for a benchmark. */
  jvm?: readonly string[]
}>

export type BrokerOptions = ClusterOptions &
  Readonly<{
    /**
     * Opens a second listener, on `proxiedPort`, that sends its clients here: the port of a proxy that forwards to it.
     * Whoever bootstraps from the broker's own port goes around the proxy.
     */
    advertisedPort?: number
  }>

/** One broker that is its own controller, on free ports of 127.0.0.1. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { brokers } = await untilPortsAreFree(() => startClusterOnce(1, options))
  const [broker] = brokers
  if (!broker) throw new Error('a cluster of one broker has none')
  return broker
}

export type Cluster = Readonly<{
  brokers: readonly Broker[]
  /** Of all brokers. */
  bootstrap: string
  stop: () => Promise<void>
}>

/** Brokers that are all controllers too; topics have a replica on each unless they say otherwise. */
export async function startCluster(size: number, options: ClusterOptions = {}): Promise<Cluster> {
  return untilPortsAreFree(() => startClusterOnce(size, options))
}

async function startClusterOnce(
  size: number,
  { properties = {}, jvm, advertisedPort }: BrokerOptions,
): Promise<Cluster> {
  const ids = Array.from({ length: size }, (_, index) => index + 1)
  const ports = await freePorts(3 * size)
  const portsOf = (id: number): readonly number[] => ports.slice(3 * (id - 1))
  const voters = ids.map((id) => `${id}@127.0.0.1:${portsOf(id)[0]}`)
  const startOne = (id: number): Promise<Broker> => {
    const [controllerPort = 0, port = 0, proxiedPort = 0] = portsOf(id)
    const own: Listener = { name: 'DIRECT', protocol: 'PLAINTEXT', port }
    const proxied: Listener[] =
      advertisedPort === undefined
        ? []
        : [{ name: 'PROXIED', protocol: 'PLAINTEXT', port: proxiedPort, advertisedPort }]
    return startNode({ plan: { id, controllerPort, listeners: [own, ...proxied], voters, properties }, jvm })
  }
  const started = await Promise.allSettled(ids.map(startOne))
  const brokers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async (): Promise<void> => void (await Promise.all(brokers.map((broker) => broker.stop())))
  const failure = started.find((one) => one.status === 'rejected')
  if (failure) {
    await stop()
    throw failure.reason
  }
  await waitFor('all brokers know each other', () => allKnow(brokers, size))
  return { brokers, bootstrap: brokers.map((broker) => broker.bootstrap).join(','), stop }
}

async function allKnow(brokers: readonly Broker[], size: number): Promise<boolean> {
  const known = await Promise.all(brokers.map(({ port }) => brokersKnownAt(port)))
  return known.every((ids) => ids.length === size)
}
