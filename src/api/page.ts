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

  // None of these returns the reply: Fastify would wait for it twice when a missing file leads to the start page.
  function answer(request: FastifyRequest, reply: FastifyReply): void {
    const path = pathOf(request)
    if (!isPagePath(request.method, path)) sendProblem(unknownPath(request.method, path), request, reply)
    else if (isBuilt) reply.sendFile('index.html')
    else reply.code(503).type('text/html; charset=utf-8').send(notBuilt)
  }

  if (isBuilt) {
    app.get('/*', { schema: { hide: true }, config: { access: 'open' } }, (request, reply) => {
      reply.sendFile(decodeURIComponent(pathOf(request)).slice(1) || 'index.html')
    })
  }
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, answer)
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '/'
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
