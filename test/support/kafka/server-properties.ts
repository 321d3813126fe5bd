export type Properties = Readonly<Record<string, string | number | boolean>>

export type Listener = Readonly<{
  name: string
  protocol: 'PLAINTEXT' | 'SSL' | 'SASL_SSL'
  port: number
  /** Where clients are told to connect; the port itself unless something stands in front of it. */
  advertisedPort?: number
}>

export type NodePlan = Readonly<{
  id: number
  controllerPort: number
  /** The first one is for the brokers among themselves. */
  listeners: readonly Listener[]
  /** `<id>@<host>:<port>` of every controller. */
  voters: readonly string[]
  dataDir: string
  properties: Properties
}>

/** As small and quick as a broker gets: tests start many. */
export function serverProperties({ id, controllerPort, listeners, voters, dataDir, properties }: NodePlan): string {
  const replicas = voters.length
  const controller: Listener = { name: 'CONTROLLER', protocol: 'PLAINTEXT', port: controllerPort }
  const all: Properties = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters.join(','),
    'controller.listener.names': controller.name,
    'inter.broker.listener.name': listeners[0]?.name ?? '',
    listeners: [...listeners, controller].map(({ name, port }) => `${name}://127.0.0.1:${port}`).join(','),
    'advertised.listeners': listeners
      .map(({ name, port, advertisedPort = port }) => `${name}://127.0.0.1:${advertisedPort}`)
      .join(','),
    'listener.security.protocol.map': [...listeners, controller]
      .map(({ name, protocol }) => `${name}:${protocol}`)
      .join(','),
    'log.dirs': dataDir,
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': Math.min(replicas, 2),
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': Math.min(replicas, 2),
    'transaction.state.log.num.partitions': 5,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': Math.min(replicas, 2),
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
    // A killed broker is let in again only when its last session is over, 9 s unless told.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    // 128 MB unless told.
    'log.cleaner.dedupe.buffer.size': 8 << 20,
    ...properties,
  }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
