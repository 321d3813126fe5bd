import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import { problems, type App } from '../app.ts'
import { snapshot, streamHeaders } from '../contract.ts'
import type { StreamHub } from '../stream-hub.ts'

export function streamRoutes(app: App, { hub }: Readonly<{ hub: StreamHub }>): void {
  const schema = {
    operationId: 'stream',
    summary: 'Server-sent events: totals, newest orders and alerts, pipeline',
    description:
      'Event `snapshot` carries the whole state; event `problem` says that it can not be read now. A client that comes ' +
      'back with Last-Event-ID gets the newest snapshot at once if it is behind.',
    tags: ['stream'],
    headers: streamHeaders,
    response: {
      200: { description: 'Events', content: { 'text/event-stream': { schema: Type.Unsafe<Readable>(snapshot) } } },
      ...problems,
    },
  }
  // A HEAD request would take a client's place and never give it back.
  const config = { access: 'viewer', isLongLived: true } as const
  app.get('/api/v1/stream', { schema, config, exposeHeadRoute: false }, async (request, reply) => {
    const stream = hub.join(request.ip, request.headers['last-event-id'])
    void reply.type('text/event-stream; charset=utf-8').header('cache-control', 'no-store, no-transform')
    // Asks nginx not to collect events before it passes them on.
    void reply.header('x-accel-buffering', 'no')
    return reply.send(stream)
  })
}
