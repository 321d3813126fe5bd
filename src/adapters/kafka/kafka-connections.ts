import { isIP } from 'node:net'
import { Connection, type API, type ConnectionOptions } from '@platformatic/kafka'
import { logClosed } from '../../ports/log-errors.ts'

export type Broker = Readonly<{ host: string; port: number }>

export type KafkaConnection = Readonly<{
  /** `host:port`, one at least. */
  bootstrap: readonly string[]
  clientId: string
  /** PEM texts; an empty object is TLS with the system's certificate authorities. Absent: no TLS. */
  tls?: Readonly<{ ca?: string; cert?: string; key?: string }>
  sasl?: Readonly<{ mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string }>
}>

/**
 * One connection to each broker. A broker answers the requests of a connection one after another, so whoever waits long
 * (for new records, for a rebalance) has connections of its own.
 */
export type Connections = Readonly<{
  ask: <Args extends unknown[], Result>(broker: Broker, api: API<Args, Result>, ...args: Args) => Promise<Result>
  close: () => Promise<void>
}>

const connectTimeoutMs = 5_000
/** Longer than a broker may hold a JoinGroup back: see `rebalanceTimeoutMs`. */
const requestTimeoutMs = 12_000
/** Requests sent on a connection before the first is answered. */
const inFlightMax = 10

export function openConnections({ clientId, tls, sasl }: KafkaConnection): Connections {
  const options: ConnectionOptions = {
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    maxInflights: inFlightMax,
    ...(tls ? { tls } : {}),
    ...(sasl ? { sasl } : {}),
  }
  const opened = new Map<string, Promise<Connection>>()
  const brokenBy = new WeakMap<Connection, unknown>()
  let closed = false

  const connect = async ({ host, port }: Broker, forget: () => void): Promise<Connection> => {
    // An address is no name to ask for, which Node says on stderr; it is compared with the certificate all the same.
    const tlsServerName = isIP(host) === 0 ? host : false
    const connection = new Connection(clientId, { ...options, tlsServerName })
    // Without a listener the event would end the process.
    connection.on('error', (error) => {
      brokenBy.set(connection, error)
      forget()
    })
    connection.on('close', forget)
    await connection.connect(host, port)
    return connection
  }
  const connectionTo = (broker: Broker): Promise<Connection> => {
    if (closed) return Promise.reject(logClosed())
    const key = `${broker.host}:${broker.port}`
    const known = opened.get(key)
    if (known) return known
    // Its successor may stand there when the old one closes.
    const forget = (): void => {
      if (opened.get(key) === connecting) opened.delete(key)
    }
    const connecting = connect(broker, forget)
    opened.set(key, connecting)
    connecting.catch(forget)
    return connecting
  }
  return {
    async ask(broker, api, ...args) {
      const connection = await connectionTo(broker)
      try {
        return await api.async(connection, ...args)
      } catch (error) {
        // The client tells the request only that the connection is closed: a refused certificate is known afterwards.
        throw brokenBy.get(connection) ?? error
      }
    },
    async close() {
      closed = true
      await Promise.all([...opened.values()].map(closeQuietly))
    },
  }
}

async function closeQuietly(connecting: Promise<Connection>): Promise<void> {
  const connection = await connecting.catch(() => undefined)
  await connection?.close()
}
