import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

const firstPort = 15_000
const portCount = 15_000
const attemptsMax = 5

/**
 * A port of 127.0.0.1 that nobody listens on, below the range that systems give to outgoing connections.
 *
 * For servers that are restarted on their port. From inside that range another client may take the port meanwhile as
 * its own end, and one that tries again and again to reach the stopped server may at last connect to itself.
 */
export async function freePort(): Promise<number> {
  const port = firstPort + Math.floor(Math.random() * portCount)
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch {
    return freePort()
  }
  server.close()
  await once(server, 'close')
  return port
}

/** Of a server that listens on any free port: for those that are never restarted. */
export function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port')
  return address.port
}

/** Different from each other, which asking one after the other doesn't promise. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}

/** Between finding ports free, or stopping who listens on them, and listening on them somebody else may take one. */
export async function untilPortsAreFree<Started>(start: () => Promise<Started>): Promise<Started> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start()
    } catch (error) {
      if (attempt === attemptsMax || !/address already in use/i.test(String(error))) throw error
    }
  }
}
