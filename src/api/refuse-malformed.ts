import type { Socket } from 'node:net'
import { STATUS_CODES } from 'node:http'
import { OrdermillError } from '../errors.ts'
import { problemOf, problemType } from './problem.ts'

type ClientError = Error & Readonly<{ code?: string }>

const refusals: Readonly<Record<string, Readonly<{ status: number; message: string }>>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'the headers are too large: send fewer or shorter ones' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'the request did not arrive in time: send it faster' },
}

/** Answers what never became a request: malformed HTTP, headers that are too large, requests that take too long. */
export function refuseMalformed(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const { status, message } = refusals[error.code ?? ''] ?? { status: 400, message: 'the request is not valid HTTP' }
  if (socket.writable) socket.write(responseText(status, message))
  socket.destroySoon()
}

function responseText(status: number, message: string): string {
  const body = JSON.stringify(problemOf(new OrdermillError('REQUEST_INVALID', message), { instance: '', status }))
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}
