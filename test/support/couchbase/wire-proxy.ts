import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { portOf } from '../free-port.ts'
import { gate } from '../gate.ts'
import { startProxy, type TcpProxy } from '../tcp-proxy.ts'
import { waitFor } from '../wait-for.ts'
import { leadingTo } from './cluster-config.ts'
import { documentMirror } from './document-mirror.ts'
import { onFrames, opcodes, replyTo, requestOf, withValue, type Frame } from './memcached-frame.ts'
import type { MockBucket } from './mock-server.ts'
import { wireFaults, type ActiveFault, type Fault, type HoldingFault, type RequestFilter } from './wire-faults.ts'

export { opcodes, statuses } from './memcached-frame.ts'
export type { Fault, HoldingFault, RequestFilter } from './wire-faults.ts'

const host = '127.0.0.1'
const snappy = 0x000a
/** Asks for the server's version, which the SDK never does. */
const probe = requestOf(0x0b)

export type WireProxyOptions = Readonly<{
  /** On a port of 127.0.0.1, or hidden: the SDK then sees a server without a query service. */
  query?: 'hidden' | Readonly<{ port: number }>
}>

type Network = Pick<
  TcpProxy,
  'latency' | 'halfOpen' | 'dropReplies' | 'droppedBytes' | 'forward' | 'reset' | 'connectionCount'
>

/**
 * Stands between the SDK and a mock server and fails as it is told, request by request or as a whole network. The SDK
 * never learns of a way around it: it is told of no services but this one and that for queries.
 *
 * A fault that cuts a connection hits all that is under way on it: the SDK has one for each bucket.
 */
export type WireProxy = Network &
  Readonly<{
    bucket: string
    port: number
    connectionString: string
    /** The server never gets it; the connection stays, and nobody is told. */
    loseRequest: (filter: RequestFilter) => Fault
    /** It is carried out; its reply vanishes, the connection stays. */
    loseReply: (filter: RequestFilter) => Fault
    /** The server never gets it; its connection is reset. */
    cutBefore: (filter: RequestFilter) => Fault
    /** It is carried out; then its connection is reset instead of answered. */
    cutAfter: (filter: RequestFilter) => Fault
    /** It is carried out; its reply waits for `release`. It has struck when the reply is here. */
    holdReply: (filter: RequestFilter) => HoldingFault
    /** The server never gets it; it is answered with one of `statuses`. */
    answer: (status: number, filter: RequestFilter) => Fault
    /** Resets all connections and refuses new ones. */
    refuse: () => void
    /** New connections are taken again. */
    accept: () => Promise<void>
    /**
     * By key, as stored by successful `set`, `add`, `replace` and `delete` through this proxy, and told by now: see
     * `settled`. Throws after a mutation of another kind. Ignores expiry.
     */
    documents: () => ReadonlyMap<string, string>
    /** Resolves when the server has answered all that was sent by now, also by clients that are gone. */
    settled: () => Promise<void>
    /** That came from clients, whatever became of them. */
    requests: (opcode: number) => number
    close: () => void
  }>

type Pending = Readonly<{ request: Frame; fault: ActiveFault | undefined }>

/** By opaque, which is unique among the pending requests of a connection. */
type Connection = Readonly<{ client: Socket; target: Socket; pending: Map<number, Pending> }>

export async function startWireProxy(
  { bucket, kvPort }: Pick<MockBucket, 'bucket' | 'kvPort'>,
  { query = 'hidden' }: WireProxyOptions = {},
): Promise<WireProxy> {
  const network = await startProxy()
  const services = { kvPort: network.port, queryPort: query === 'hidden' ? undefined : query.port }
  const connections = new Set<Connection>()
  const counts = new Map<number, number>()
  const mirror = documentMirror()
  const faults = wireFaults()
  let arrivedBytes = 0

  function take(client: Socket): void {
    const target = connect({ port: kvPort, host, noDelay: true, allowHalfOpen: true })
    const connection: Connection = { client, target, pending: new Map() }
    connections.add(connection)
    client.on('error', () => {})
    client.on('close', () => endWhenAnswered(connection))
    target.on('error', () => {})
    target.on('end', () => target.end())
    target.on('close', () => {
      connections.delete(connection)
      reset(client)
    })
    client.on('data', (chunk: Buffer) => void (arrivedBytes += chunk.length))
    onFrames(client, (frame) => takeRequest(connection, frame))
    onFrames(target, (frame) => takeReply(connection, frame))
  }
  function takeRequest(connection: Connection, request: Frame): void {
    const { client } = connection
    // It came behind one that cut the connection.
    if (client.destroyed) return
    counts.set(request.opcode, (counts.get(request.opcode) ?? 0) + 1)
    const fault = faults.meet(request)
    switch (fault?.action.kind) {
      case 'lose-request':
        return fault.strike()
      case 'cut-before':
        reset(client)
        return fault.strike()
      case 'answer':
        client.write(replyTo(request, fault.action.status))
        return fault.strike()
      default:
        return forward(connection, { request, fault })
    }
  }
  function forward({ target, pending }: Connection, { request, fault }: Pending): void {
    pending.set(request.opaque, { request, fault })
    target.write(request.opcode === opcodes.hello ? withoutCompression(request) : request.bytes)
  }
  function takeReply(connection: Connection, reply: Frame): void {
    const { client, pending } = connection
    const { request, fault } = pending.get(reply.opaque) ?? {}
    pending.delete(reply.opaque)
    endWhenAnswered(connection)
    if (request) mirror.note(request, reply)
    const deliver = (): void => void client.write(leadingTo(services, reply))
    switch (fault?.action.kind) {
      case 'cut-after':
        reset(client)
        break
      case 'hold-reply':
        void fault.action.released.then(deliver)
        break
      case 'lose-reply':
        break
      default:
        deliver()
    }
    fault?.strike()
  }
  /** What a client sent that is gone is carried out; the mock keeps its reply to itself when it sees the end by then. */
  function endWhenAnswered({ client, target, pending }: Connection): void {
    if (client.closed && pending.size === 0) target.end()
  }
  function holdReply(filter: RequestFilter): HoldingFault {
    const { open, opened: released } = gate()
    const fault = faults.add({ kind: 'hold-reply', released }, filter)
    const release = (): void => {
      fault.lift()
      open()
    }
    return { ...fault, release }
  }
  /** A client may be gone while what it sent is on its way. That comes nearer while a probe goes the same way. */
  async function isSettled(): Promise<boolean> {
    const before = arrivedBytes
    await sendProbe(network.port)
    const isProbeAlone = arrivedBytes - before <= probe.length
    return isProbeAlone && connections.values().every(({ client, pending }) => !client.closed && pending.size === 0)
  }

  const server = createServer({ noDelay: true }, take)
  await once(server.listen(0, host), 'listening')
  network.forwardTo(portOf(server))
  return {
    ...network,
    bucket,
    connectionString: `couchbase://${host}:${network.port}`,
    loseRequest: (filter) => faults.add({ kind: 'lose-request' }, filter),
    loseReply: (filter) => faults.add({ kind: 'lose-reply' }, filter),
    cutBefore: (filter) => faults.add({ kind: 'cut-before' }, filter),
    cutAfter: (filter) => faults.add({ kind: 'cut-after' }, filter),
    holdReply,
    answer: (status, filter) => faults.add({ kind: 'answer', status }, filter),
    refuse() {
      network.refuse()
      network.reset()
    },
    documents: () => mirror.documents(),
    settled: () => waitFor('the server has answered all', isSettled),
    requests: (opcode) => counts.get(opcode) ?? 0,
    close() {
      network.close()
      server.close()
      for (const { client, target } of connections) for (const socket of [client, target]) socket.destroy()
    },
  }
}

/** Resolves when it is answered or refused. */
async function sendProbe(port: number): Promise<void> {
  const socket = connect({ port, host, noDelay: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('error', () => {})
  socket.on('data', () => resolve())
  socket.on('close', () => resolve())
  socket.write(probe)
  await promise
  socket.destroy()
}

/** The client's list of features, 2 bytes each, so that documents come as text. */
function withoutCompression(hello: Frame): Buffer {
  const features = Array.from({ length: hello.value.length / 2 }, (_, index) =>
    hello.value.subarray(2 * index, 2 * index + 2),
  )
  return withValue(hello, Buffer.concat(features.filter((feature) => feature.readUInt16BE(0) !== snappy)))
}

function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
