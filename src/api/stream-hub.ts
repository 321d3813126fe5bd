import { Readable } from 'node:stream'
import { OrdermillError } from '../errors.ts'
import type { Problem } from './contract.ts'
import type { ApiLimits } from './limits.ts'
import type { Frame } from './snapshot-source.ts'
import type { Ticker } from './ticker.ts'

const reconnectAfterMs = 1_000

export type StreamHub = Readonly<{
  /** A stream of events that begins with the current snapshot, unless `lastEventId` says that it is known. */
  join: (address: string, lastEventId: string | undefined) => Readable
  close: () => void
}>

type HubDeps = Readonly<{
  ticker: Ticker
  snapshot: () => Promise<Frame>
  problemOf: (error: unknown) => Problem
  limits: Pick<
    ApiLimits,
    'streamClientsMax' | 'streamClientsPerAddressMax' | 'streamBufferBytesMax' | 'heartbeatEveryMs'
  >
}>

/** `has` is the id of the newest snapshot that the client was sent. */
type Client = { readonly stream: Readable; readonly address: string; has: string | undefined; knowsProblem: boolean }

/**
 * Server-sent events. A snapshot is the whole state, so that a client that missed some needs the newest one only: there is
 * no backlog, and no gap. It is made once a tick for all clients, and only when something has changed.
 */
export function newStreamHub({ ticker, snapshot, problemOf, limits }: HubDeps): StreamHub {
  const clients = new Set<Client>()
  let unsubscribe: (() => void) | undefined
  let heartbeatAtMs = 0
  let isClosed = false

  async function look(): Promise<void> {
    try {
      const frame = await snapshot()
      for (const client of clients) showFrame(client, frame)
    } catch (error) {
      const problem = problemOf(error)
      for (const client of clients) showProblem(client, problem)
    }
    beat()
  }

  function showFrame(client: Client, { id, text }: Frame): void {
    if (client.has === id && !client.knowsProblem) return
    client.has = id
    client.knowsProblem = false
    send(client, text)
  }

  function showProblem(client: Client, problem: Problem): void {
    if (client.knowsProblem) return
    client.knowsProblem = true
    send(client, `event: problem\ndata: ${JSON.stringify(problem)}\n\n`)
  }

  function beat(): void {
    if (performance.now() - heartbeatAtMs < limits.heartbeatEveryMs) return
    heartbeatAtMs = performance.now()
    for (const client of clients) send(client, ':\n\n')
  }

  function send({ stream }: Client, text: string): void {
    if (stream.readableLength > limits.streamBufferBytesMax) stream.destroy()
    else stream.push(text)
  }

  function leave(client: Client): void {
    clients.delete(client)
    if (clients.size > 0) return
    unsubscribe?.()
    unsubscribe = undefined
  }

  return {
    join(address, lastEventId) {
      if (isClosed) throw new OrdermillError('SERVER_UNAVAILABLE', 'the server is stopping: come back in a moment')
      if (clients.size >= limits.streamClientsMax) throw tooManyClients(limits.streamClientsMax)
      const sameAddress = [...clients].filter((client) => client.address === address).length
      if (sameAddress >= limits.streamClientsPerAddressMax) throw tooManyOfOne(sameAddress)
      const client = { stream: new Readable({ read: () => undefined }), address, has: lastEventId, knowsProblem: false }
      client.stream.once('close', () => leave(client))
      client.stream.push(`retry: ${reconnectAfterMs}\n\n`)
      clients.add(client)
      unsubscribe ??= ticker.subscribe(look)
      return client.stream
    },
    close() {
      isClosed = true
      for (const { stream } of clients) stream.push(null)
    },
  }
}

function tooManyClients(clientsMax: number): OrdermillError {
  const advice = 'close a page, or raise the limit of stream clients'
  return new OrdermillError('SERVER_UNAVAILABLE', `${clientsMax} clients follow the stream already: ${advice}`)
}

function tooManyOfOne(clientsMax: number): OrdermillError {
  const advice = 'close a page, or let this server trust the proxy in front of it'
  return new OrdermillError('SERVER_UNAVAILABLE', `${clientsMax} clients of this address follow the stream: ${advice}`)
}
