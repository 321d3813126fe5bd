import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { portOf } from '../free-port.ts'

const host = '127.0.0.1'

/** What the SDK asked; what it left out is `undefined`. */
export type QueryRequest = Readonly<{
  statement: string
  /** The named ones, without the `$`. */
  parameters: Readonly<Record<string, unknown>>
  scanConsistency: string | undefined
  /** With its unit, as `3000ms`: what the SDK leaves to the server, which is less than it was given. */
  timeout: string | undefined
  readonly: boolean
  /** `` default:`bucket`.`scope` `` of a query on a scope. */
  queryContext: string | undefined
}>

/** Code 5000 ends a process whose driver was not loaded as src/adapters/couchbase/couchbase-driver.ts does. */
export type QueryError = Readonly<{ code: number; msg: string }>

/** Without any error the body is empty: so a node answers that can't serve, with 503. */
export type QueryAnswer =
  | Readonly<{ rows: readonly unknown[] }>
  | Readonly<{ errors: readonly QueryError[]; httpStatus: number }>

/** Answers as a query node of Couchbase does, and knows nothing of SQL++. */
export type QueryService = Readonly<{
  /** For `startWireProxy`: `query: { port }`. */
  port: number
  /** All that came, oldest first. */
  requests: () => readonly QueryRequest[]
  /** From now on it takes requests and answers none. */
  hang: () => void
  /** It answers again what comes from now on. */
  recover: () => void
  stop: () => Promise<void>
}>

export async function startQueryService(answer: (request: QueryRequest) => QueryAnswer): Promise<QueryService> {
  const requests: QueryRequest[] = []
  let hangs = false

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (incoming.method !== 'POST' || incoming.url !== '/query/service') return void outgoing.writeHead(404).end()
    const body = JSON.parse(await text(incoming)) as QueryBody
    const request = requestOf(body)
    requests.push(request)
    if (hangs) return
    const given = answer(request)
    const isEmpty = 'errors' in given && given.errors.length === 0
    outgoing.writeHead('errors' in given ? given.httpStatus : 200, {
      'content-type': 'application/json; version=2.0.0',
    })
    outgoing.end(isEmpty ? '' : JSON.stringify(responseOf(given, body.client_context_id)))
  }
  function take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    // A client that gives up amid its request, and an `answer` that throws.
    handle(incoming, outgoing).catch(() => incoming.socket.resetAndDestroy())
  }

  const server = createServer(take)
  await once(server.listen(0, host), 'listening')
  return {
    port: portOf(server),
    requests: () => requests,
    hang: () => void (hangs = true),
    recover: () => void (hangs = false),
    async stop() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** A named parameter is a field with a `$` before its name. */
type QueryBody = Readonly<Record<`$${string}`, unknown>> &
  Readonly<{
    statement: string
    client_context_id?: string
    scan_consistency?: string
    timeout?: string
    readonly?: boolean
    query_context?: string
  }>

function requestOf(body: QueryBody): QueryRequest {
  const named = Object.entries(body).filter(([name]) => name.startsWith('$'))
  return {
    statement: body.statement,
    parameters: Object.fromEntries(named.map(([name, value]) => [name.slice(1), value])),
    scanConsistency: body.scan_consistency,
    timeout: body.timeout,
    readonly: body.readonly ?? false,
    queryContext: body.query_context,
  }
}

function responseOf(answer: QueryAnswer, clientContextId: string | undefined): unknown {
  const results = 'rows' in answer ? answer.rows : []
  const errors = 'rows' in answer ? [] : answer.errors
  return {
    requestID: randomUUID(),
    clientContextID: clientContextId,
    signature: { '*': '*' },
    results,
    ...(errors.length > 0 && { errors }),
    status: 'rows' in answer ? 'success' : 'errors',
    metrics: {
      elapsedTime: '1ms',
      executionTime: '1ms',
      resultCount: results.length,
      resultSize: JSON.stringify(results).length,
      ...(errors.length > 0 && { errorCount: errors.length }),
    },
  }
}
