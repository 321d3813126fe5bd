import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { freePort, untilPortsAreFree } from './free-port.ts'
import { gate, type Gate } from './gate.ts'

const host = '127.0.0.1'
/** Of one direction of a connection, of 64 KiB at most each: what it holds before it stops reading. */
const chunksHeldMax = 512

/** A network of one hop that fails as it is told. What is told holds for present and for later connections. */
export type TcpProxy = Readonly<{
  /** Of 127.0.0.1, the same for all its life. */
  port: number
  /** For a server that must know the proxy's port before it has one itself. */
  forwardTo: (port: number) => void
  /** Each way. */
  latency: (ms: number) => void
  /** Each way of a connection. */
  bandwidth: (bytesPerSecond: number) => void
  /** Keeps all connections, takes new ones, and forwards nothing: neither bytes nor ends. `forward` sends what it held. */
  halfOpen: () => void
  /** Requests arrive, replies vanish. */
  dropReplies: () => void
  /** Grows when the target has replied in vain, so has done what it was asked. */
  droppedBytes: () => number
  /**
   * All is well again, and late: what was held arrives at the target even if the client gave up long ago. Connections
   * that lost replies are reset.
   */
  forward: () => void
  /** RST to both ends of all present connections. */
  reset: () => void
  /** New connections are refused; present ones stay. */
  refuse: () => void
  /** New connections are taken again. */
  accept: () => Promise<void>
  connectionCount: () => number
  close: () => void
}>

type Conditions = { latencyMs: number; bytesPerSecond: number; held: Gate | undefined; dropsReplies: boolean }

type Connection = Readonly<{ client: Socket; target: Socket; broken: AbortController }> & { lostReplies: boolean }

type Arrival = Readonly<{ chunk: Buffer; arrivedMs: number }>

type Direction = Readonly<{
  from: Socket
  to: Socket
  conditions: Readonly<Conditions>
  /** Tells whether the chunk is lost on the way. */
  drop: (chunk: Buffer) => boolean
}>

export function startProxy(options: Readonly<{ target?: number }> = {}): Promise<TcpProxy> {
  return untilPortsAreFree(() => startProxyOnce(options))
}

async function startProxyOnce({ target = 0 }: Readonly<{ target?: number }>): Promise<TcpProxy> {
  const port = await freePort()
  const asUsual: Conditions = { latencyMs: 0, bytesPerSecond: Infinity, held: undefined, dropsReplies: false }
  const conditions = { ...asUsual }
  const connections = new Set<Connection>()
  let targetPort = target
  let dropped = 0
  let server: Server | undefined

  function take(client: Socket): void {
    const socket = connect({ port: targetPort, host, allowHalfOpen: true, noDelay: true })
    const connection = { client, target: socket, broken: new AbortController(), lostReplies: false }
    connections.add(connection)
    const { signal } = connection.broken
    const requests = carry({ from: client, to: socket, conditions, drop: () => false }, signal)
    const replies = carry({ from: socket, to: client, conditions, drop: (chunk) => drop(connection, chunk) }, signal)
    void Promise.all([requests, replies]).then(
      () => connections.delete(connection),
      () => breakUp(connection),
    )
  }
  function drop(connection: Connection, chunk: Buffer): boolean {
    if (!conditions.dropsReplies) return false
    connection.lostReplies = true
    dropped += chunk.length
    return true
  }
  function breakUp(connection: Connection): void {
    connections.delete(connection)
    connection.broken.abort()
    resetSocket(connection.client)
    resetSocket(connection.target)
  }
  async function accept(): Promise<void> {
    if (server) return
    server = createServer({ allowHalfOpen: true, noDelay: true }, take)
    await once(server.listen(port, host), 'listening')
  }
  function refuse(): void {
    server?.close()
    server = undefined
  }

  await accept()
  return {
    port,
    forwardTo: (port) => void (targetPort = port),
    latency: (ms) => void (conditions.latencyMs = ms),
    bandwidth: (bytesPerSecond) => void (conditions.bytesPerSecond = bytesPerSecond),
    halfOpen: () => void (conditions.held ??= gate()),
    dropReplies: () => void (conditions.dropsReplies = true),
    droppedBytes: () => dropped,
    forward() {
      const { held } = conditions
      Object.assign(conditions, asUsual)
      for (const connection of connections) if (connection.lostReplies) breakUp(connection)
      held?.open()
    },
    reset: () => connections.forEach(breakUp),
    refuse,
    accept,
    connectionCount: () => connections.size,
    close() {
      refuse()
      connections.forEach(breakUp)
    },
  }
}

/** Until `from` ends and all of it is delivered. Rejects when the connection is reset or `to` takes no more. */
async function carry({ from, to, conditions, drop }: Direction, signal: AbortSignal): Promise<void> {
  for await (const { chunk, arrivedMs } of arrivals(from, signal)) {
    await pause(arrivedMs + conditions.latencyMs - performance.now(), signal)
    await pause((1_000 * chunk.length) / conditions.bytesPerSecond, signal)
    await conditions.held?.opened
    if (!drop(chunk)) await write(to, chunk)
  }
  await conditions.held?.opened
  if (from.errored) resetSocket(to)
  else to.end()
}

/** Reads on while the network holds: what a client sent before it gave up is on its way, whatever happens to it. */
function arrivals(from: Socket, signal: AbortSignal): AsyncIterable<Arrival> {
  const stamped = new Transform({
    readableObjectMode: true,
    readableHighWaterMark: chunksHeldMax,
    transform: (chunk: Buffer, _encoding, done) => done(null, { chunk, arrivedMs: performance.now() }),
    signal,
  })
  from.on('error', () => {})
  from.on('close', () => stamped.end())
  return from.pipe(stamped)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await setTimeout(ms, undefined, { signal })
}

/** The callback comes even when `to` closes meanwhile; 'drain' wouldn't. */
function write(to: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => to.write(chunk, (error) => (error ? reject(error) : resolve())))
}

/** Node never closes a socket that is reset while its own end is on the way. */
function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
