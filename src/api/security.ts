import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import { OrdermillError } from '../errors.ts'
import { demand, identify, stranger, tokenOf } from './access.ts'
import type { App } from './app.ts'
import type { ApiSettings } from './deps.ts'
import type { ApiLimits } from './limits.ts'
import { foreignHost, knownHosts, refuseCrossSite, refuseForeignOrigin } from './same-site.ts'

/** Who may ask, under which name, from where, and how often. Each fails closed: a route that names no access is an operator's. */
export async function guard(app: App, settings: ApiSettings, limits: ApiLimits): Promise<void> {
  const { tokens, host, allowedHosts } = settings
  const isKnownHost = knownHosts(host, allowedHosts)

  app.decorateRequest('caller')
  app.addHook('onRequest', ({ headers, method, routeOptions }, reply, done) => {
    void reply.header('cache-control', 'no-store')
    if (routeOptions.config.isProbe !== true && !isKnownHost(headers)) throw foreignHost()
    if (method !== 'GET' && method !== 'HEAD') refuseForeignOrigin(headers)
    // A link to the page is welcome; a read that its visitor's browser makes for another site only costs.
    else if (routeOptions.url?.startsWith('/api/v1/')) refuseCrossSite(headers)
    done()
  })
  await app.register(helmet, helmetOptions)
  await app.register(rateLimit, rateLimitOptions(limits))
  app.addHook('onRequest', (request, _reply, done) => {
    // A probe may come by any name, and so may a page that was pointed here: it has a role by no more than its address.
    request.caller = isKnownHost(request.headers) ? identify(tokens, tokenOf(request.headers)) : stranger
    if (!request.is404) demand(request.routeOptions.config.access ?? 'operator', request.caller)
    done()
  })
}

const self = ["'self'"]
const none = ["'none'"]

const helmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: none,
      scriptSrc: self,
      styleSrc: self,
      imgSrc: [...self, 'data:'],
      fontSrc: self,
      connectSrc: self,
      manifestSrc: self,
      baseUri: none,
      formAction: self,
      frameAncestors: none,
    },
  },
  frameguard: { action: 'deny' as const },
  referrerPolicy: { policy: 'same-origin' as const },
}

/** `request.ip` knows the trusted proxies: whatever else X-Forwarded-For says changes nothing. */
function rateLimitOptions({ rateLimitPerMinute, rateLimitLoopbackPerMinute }: ApiLimits) {
  return {
    timeWindow: '1 minute',
    max: ({ ip }: FastifyRequest) => (isLoopback(ip) ? rateLimitLoopbackPerMinute : rateLimitPerMinute),
    errorResponseBuilder: (_request: FastifyRequest, { after }: { after: string }) =>
      new OrdermillError('RATE_LIMITED', `too many requests from this address: come back in ${after}`),
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^(?:::ffff:)?127\./.test(address)
}
