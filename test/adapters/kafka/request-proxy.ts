import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '../../support/free-port.ts'

const host = '127.0.0.1'

/** Keys of Kafka's requests. */
export const requestKeys = {
  produce: 0,
  fetch: 1,
  offsetCommit: 8,
  offsetFetch: 9,
  heartbeat: 12,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const

export type RequestName = keyof typeof requestKeys

/** Which requests: of one kind, and of one client where that is told. */
export type RequestFilter = Readonly<{ name: RequestName; clientId?: string }>

/** A request that its client has given up, and that the broker may still get. */
export type KeptRequest = Readonly<{
  /** Resolves when the broker has carried it out. */
  deliver: () => Promise<void>
}>

/** Stands between clients and a broker, and loses what it is told, request by request. */
export type RequestProxy = Readonly<{
  port: number
  /** For a broker that must know the proxy's port before it has one itself. */
  forwardTo: (port: number) => void
  /** Requests that came, lost ones included. */
  count: (filter: RequestFilter) => number
  /** The next one is carried out; then its connection is reset instead of answered. Resolves when that has happened. */
  loseReply: (filter: RequestFilter) => Promise<void>
  /** The next one does not arrive, and its connection is reset. Resolves when that has happened. */
  keep: (filter: RequestFilter) => Promise<KeptRequest>
  /** From now on none of these arrives, and nobody is told. */
  swallow: (filter: RequestFilter) => void
  close: () => void
}>

type Frame = Readonly<{ bytes: Buffer; key: number; correlationId: number; clientId: string }>

type Rule = Readonly<{ filter: RequestFilter }> &
  (
    | Readonly<{ kind: 'lose-reply'; done: () => void }>
    | Readonly<{ kind: 'keep'; done: (kept: KeptRequest) => void }>
    | Readonly<{ kind: 'swallow' }>
  )

export async function startRequestProxy(): Promise<RequestProxy> {
  const port = await freePort()
  const sockets = new Set<Socket>()
  const seen: Pick<Frame, 'key' | 'clientId'>[] = []
  const rules: Rule[] = []
  let targetPort = 0

  const take = (client: Socket): void => {
    const target = connect({ port: targetPort, host, noDelay: true })
    const lost = new Map<number, () => void>()
    let kept: (() => void) | undefined
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('close', () => kept ?? target.destroy())
    target.on('close', () => client.destroy())
    onFrames(client, (bytes) => {
      const frame = frameOf(bytes)
      seen.push(frame)
      const rule = rules.find(({ filter }) => matches(frame, filter))
      if (rule && rule.kind !== 'swallow') rules.splice(rules.indexOf(rule), 1)
      switch (rule?.kind) {
        case undefined:
          return void target.write(bytes)
        case 'swallow':
          return
        case 'lose-reply':
          lost.set(frame.correlationId, rule.done)
          return void target.write(bytes)
        case 'keep': {
          const delivered = Promise.withResolvers<void>()
          kept = () => delivered.resolve()
          const deliver = (): Promise<void> => {
            target.write(bytes)
            return delivered.promise
          }
          client.resetAndDestroy()
          return rule.done({ deliver })
        }
        default:
          return rule satisfies never
      }
    })
    onFrames(target, (bytes) => {
      if (kept) {
        kept()
        return void target.destroy()
      }
      const done = lost.get(bytes.readInt32BE(4))
      if (!done) return void client.write(bytes)
      client.resetAndDestroy()
      done()
    })
  }

  const server = createServer({ noDelay: true }, take)
  await once(server.listen(port, host), 'listening')
  return {
    port,
    forwardTo: (given) => void (targetPort = given),
    count: (filter) => seen.filter((frame) => matches(frame, filter)).length,
    loseReply: (filter) => new Promise((done) => void rules.push({ kind: 'lose-reply', filter, done })),
    keep: (filter) => new Promise((done) => void rules.push({ kind: 'keep', filter, done })),
    swallow: (filter) => void rules.push({ kind: 'swallow', filter }),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function matches({ key, clientId }: Pick<Frame, 'key' | 'clientId'>, filter: RequestFilter): boolean {
  return key === requestKeys[filter.name] && (filter.clientId ?? clientId) === clientId
}

/** After the length: int16 API key, int16 version, int32 correlation id, int16 length of the client's name, the name. */
function frameOf(bytes: Buffer): Frame {
  const nameEnd = 14 + Math.max(0, bytes.readInt16BE(12))
  return {
    bytes,
    key: bytes.readInt16BE(4),
    correlationId: bytes.readInt32BE(8),
    clientId: bytes.toString('utf8', 14, nameEnd),
  }
}

/** Requests and replies alike are an int32 length and so many bytes. */
function onFrames(socket: Socket, take: (bytes: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      take(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  })
}
