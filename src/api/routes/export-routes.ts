import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Readable } from 'node:stream'
import { problems, type App } from '../app.ts'
import {
  alertsExportQuery,
  deadLettersExportQuery,
  ordersExportQuery,
  paymentsExportQuery,
  type ExportFormat,
} from '../contract/exports.ts'
import type { ServerDeps } from '../deps.ts'
import { alertColumns, deadLetterColumns, orderColumns, paymentColumns } from '../export-columns.ts'
import { openExport, type Exports, type ExportSource } from '../export-stream.ts'
import type { ApiLimits } from '../limits.ts'
import { letterQueryOf, orderQueryOf } from '../query.ts'
import { alertView, deadLetterView, orderItem, paymentView } from '../views.ts'

type Deps = Pick<ServerDeps, 'store' | 'settings' | 'clock'> &
  Readonly<{ exports: Exports; limits: Pick<ApiLimits, 'stallTimeoutMs'> }>

const typeOf = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const

/** Whole lists as files. */
export function exportRoutes(app: App, deps: Deps): void {
  const { store, settings } = deps
  const open = opener(deps)
  // A HEAD request would read the whole list for nothing.
  const options = { config: { access: 'viewer', isLongLived: true }, exposeHeadRoute: false } as const

  const orders = { ...schemaOf('Orders', 'orders'), querystring: ordersExportQuery }
  app.get('/api/v1/orders/export', { schema: orders, ...options }, (request, reply) => {
    const { format = 'csv', ...filters } = request.query
    const search = orderQueryOf(filters, settings.baseCurrency)
    return open('orders', request, reply, {
      format,
      search: (page) => store.searchOrders({ ...search, ...page }),
      view: orderItem,
      columns: orderColumns,
    })
  })

  const payments = { ...schemaOf('Payments', 'payments'), querystring: paymentsExportQuery }
  app.get('/api/v1/payments/export', { schema: payments, ...options }, (request, reply) => {
    const { format = 'csv', outcome } = request.query
    return open('payments', request, reply, {
      format,
      search: (page) => store.searchPayments({ ...page, ...(outcome && { outcome }) }),
      view: paymentView,
      columns: paymentColumns,
    })
  })

  const alerts = { ...schemaOf('Alerts', 'fraud'), querystring: alertsExportQuery }
  app.get('/api/v1/alerts/export', { schema: alerts, ...options }, (request, reply) =>
    open('alerts', request, reply, {
      format: request.query.format ?? 'csv',
      search: (page) => store.searchAlerts(page),
      view: alertView,
      columns: alertColumns,
    }),
  )

  const letters = { ...schemaOf('DeadLetters', 'dead letters'), querystring: deadLettersExportQuery }
  app.get('/api/v1/dead-letters/export', { schema: letters, ...options }, (request, reply) => {
    const { format = 'csv', ...filters } = request.query
    const search = letterQueryOf(filters)
    return open('dead-letters', request, reply, {
      format,
      search: (page) => store.searchDeadLetters({ ...search, ...page }),
      view: (letter) => deadLetterView(letter, settings.redrivesMax),
      columns: deadLetterColumns,
    })
  })
}

function schemaOf(name: string, tag: string) {
  const content = { schema: Type.Unsafe<Readable>(Type.String()) }
  return {
    operationId: `export${name}`,
    summary: 'The whole list as a file: CSV with a row of titles, or the items of the list as one JSON text a line',
    description:
      'As it is while it is read: what is added meanwhile may be missing, and nothing is there twice. The connection is ' +
      'broken off when the whole can’t be sent.',
    tags: [tag],
    response: {
      200: { description: 'A file', content: { [typeOf.csv]: content, [typeOf.ndjson]: content } },
      ...problems,
    },
  }
}

function opener({ exports, clock, limits }: Deps) {
  return async <Stored, Item>(
    name: string,
    request: FastifyRequest,
    reply: FastifyReply,
    source: ExportSource<Stored, Item>,
  ): Promise<Readable> => {
    // Where nothing matches for long no byte is sent, and that is not the client's fault.
    const onPage = () => restartStall(request.raw.socket, limits.stallTimeoutMs)
    const stream = await exports.start(() => openExport({ ...source, onPage }))
    void reply.type(`${typeOf[source.format]}; charset=utf-8`).header('cache-control', 'no-store')
    void reply.header('content-disposition', `attachment; filename="${fileName(name, source.format, clock())}"`)
    return stream
  }
}

function restartStall(socket: unknown, stallTimeoutMs: number): void {
  if (socket instanceof Socket) socket.setTimeout(stallTimeoutMs)
}

function fileName(name: string, format: ExportFormat, atMs: number): string {
  const stamp = new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return `${name}-${stamp}.${format}`
}
