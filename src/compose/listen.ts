import type { App } from '../api/app.ts'
import type { Config } from '../config.ts'
import { OrdermillError } from '../errors.ts'

/** Which address, and the variable that changes its port. */
export type ListenOptions = Readonly<{ host: string; port: number; portName: string }>

/**
 * Without tokens everybody is operator, which only this machine may be.
 *
 * @throws {OrdermillError} CONFIG_INVALID
 */
export function refuseOpenDoor({ host, tokens }: Config): void {
  if (tokens.length > 0 || ['localhost', '127.0.0.1', '::1'].includes(host)) return
  throw new OrdermillError(
    'CONFIG_INVALID',
    `HOST is ${host}, which others can reach, but ORDERMILL_TOKENS is empty: set tokens, or listen on 127.0.0.1`,
  )
}

/**
 * Where the server then listens; one that can't is closed.
 *
 * @throws {OrdermillError} PORT_IN_USE, CONFIG_INVALID
 */
export async function listen(server: App, { host, port, portName }: ListenOptions): Promise<string> {
  try {
    return await server.listen({ host, port })
  } catch (cause) {
    await server.close()
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    if (reason === 'EADDRINUSE') {
      throw new OrdermillError('PORT_IN_USE', `port ${port} of ${host} is taken: set ${portName} to another one`, {
        cause,
      })
    }
    throw new OrdermillError(
      'CONFIG_INVALID',
      `can't listen on ${host}:${port} (${reason}): set HOST and ${portName}`,
      {
        cause,
      },
    )
  }
}
