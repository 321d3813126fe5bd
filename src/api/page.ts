import { join } from 'node:path'
import { stat } from 'node:fs/promises'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OrdermillError } from '../errors.ts'
import type { App } from './app.ts'
import { sendProblem } from './problem.ts'

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Ordermill</title>
<h1>The page is not built</h1><p>Run <code>npm run build</code> and reload. The API works without it.</p></html>
`

/** The built page: its files, and its start page for every other path, since the page has views of its own. */
export async function servePage(app: App, staticDir: string | undefined): Promise<void> {
  const isBuilt = staticDir !== undefined && (await exists(join(staticDir, 'index.html')))
  if (isBuilt) await app.register(fastifyStatic, { root: staticDir, serve: false, setHeaders: cacheHeaders })

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const path = request.url.split('?', 1)[0] ?? '/'
    if (!isPagePath(request.method, path)) return sendProblem(unknownPath(request.method, path), request, reply)
    if (!isBuilt) return reply.code(503).type('text/html; charset=utf-8').send(notBuilt)
    return reply.sendFile('index.html')
  }

  const schema = { hide: true }
  if (isBuilt) {
    app.get('/*', { schema, config: { access: 'open' } }, async (request, reply) => {
      const file = decodeURIComponent(request.url.split('?', 1)[0] ?? '/').slice(1)
      return file === '' ? reply.sendFile('index.html') : reply.sendFile(file)
    })
  }
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, answer)
}

function isPagePath(method: string, path: string): boolean {
  return (method === 'GET' || method === 'HEAD') && !/^\/(api|assets)(\/|$)/.test(path)
}

/** Files below assets/ have a hash in their name; everything else may change with the next build. */
function cacheHeaders(reply: FastifyReply, path: string): void {
  const isHashed = /[\\/]assets[\\/]/.test(path)
  void reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

function unknownPath(method: string, path: string): OrdermillError {
  return new OrdermillError('NOT_FOUND', `there is no ${method} ${path} here: /api/openapi.json lists what there is`)
}
