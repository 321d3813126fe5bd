import type { IncomingHttpHeaders } from 'node:http'
import { OrdermillError } from '../errors.ts'

const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

/**
 * Whether a request calls this server by a name that it has. A page whose name was pointed at 127.0.0.1 (DNS rebinding) is
 * same-origin to the browser, and only the Host header gives it away.
 */
export function knownHosts(host: string, allowedHosts: readonly string[]): (headers: IncomingHttpHeaders) => boolean {
  const known = new Set([...loopbackNames, ...[host, ...allowedHosts].map(canonicalHost)])
  return ({ host: asked = '' }) => {
    const name = hostnameOf(`http://${asked}`)
    return name !== undefined && known.has(name)
  }
}

export function foreignHost(): OrdermillError {
  return new OrdermillError(
    'FORBIDDEN',
    'this server is not known by the name in the Host header: add that name to ORDERMILL_ALLOWED_HOSTS',
  )
}

/** Refuses what another site's page makes its visitor's browser send. Programs send neither header. */
export function refuseForeignOrigin({ origin, host = '', ...headers }: IncomingHttpHeaders): void {
  if (origin !== undefined && hostOf(origin) !== host.toLowerCase()) throw foreign()
  refuseCrossSite(headers)
}

export function refuseCrossSite(headers: IncomingHttpHeaders): void {
  if (headers['sec-fetch-site'] === 'cross-site') throw foreign()
}

function foreign(): OrdermillError {
  return new OrdermillError('FORBIDDEN', 'the request comes from a page of another site: use the page of this server')
}

function canonicalHost(host: string): string {
  const isBareIpv6 = host.includes(':') && !host.startsWith('[')
  return hostnameOf(`http://${isBareIpv6 ? `[${host}]` : host}`) ?? host
}

function hostnameOf(url: string): string | undefined {
  return URL.parse(url)?.hostname
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host
}
