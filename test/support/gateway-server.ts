import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

export type GatewayRequest = Readonly<{
  method: string
  path: string
  headers: IncomingMessage['headers']
  key: string
  body: unknown
}>

/** Answers one request; `count` is how many came, this one included. */
export type AnswerRequest = (request: GatewayRequest, response: ServerResponse, count: number) => void

/** A payment provider of the test's own, which sees everything that reaches it. Closed when the test ends. */
export async function startGateway(
  t: Readonly<{ after: (cleanUp: () => unknown) => void }>,
  answer: AnswerRequest = paid,
) {
  const requests: GatewayRequest[] = []
  const sockets = new Set<unknown>()
  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming
    const sent = await text(incoming)
    const body: unknown = sent === '' ? undefined : JSON.parse(sent)
    const request = { method, path: url, headers, key: String(headers['idempotency-key']), body }
    answer(request, response, requests.push(request))
  }
  const server = createServer((incoming, response) => {
    sockets.add(incoming.socket)
    // Whoever called may have been killed.
    handle(incoming, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}/charges`, requests, connections: () => sockets.size }
}

export function answerJson(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function paid(_request: GatewayRequest, response: ServerResponse): void {
  answerJson(response, 200, { status: 'PAID' })
}
