import { minuteMs, windowStart } from '../../domain/window.ts'
import { addToSums, type Sums } from '../../domain/totals.ts'
import { OrdermillError } from '../../errors.ts'
import type { SeriesPoint } from '../../ports/order-queries.ts'
import { problems, type App } from '../app.ts'
import { series, seriesPointsMax, seriesQuery, totals, type Series, type Totals } from '../contract.ts'
import type { ServerDeps } from '../deps.ts'
import { exactSums } from '../exact-json.ts'
import { optionalTime } from '../query.ts'
import { isoTime } from '../views.ts'

type Deps = Pick<ServerDeps, 'store' | 'clock'> & Readonly<{ readTotals: () => Promise<Totals> }>

const defaultPoints = 60

export function totalsRoutes(app: App, { store, clock, readTotals }: Deps): void {
  const totalsSchema = {
    operationId: 'getTotals',
    summary: 'Running totals, and the offsets that they are true for',
    tags: ['totals'],
    response: { 200: totals, ...problems },
  }
  app.get('/api/v1/totals', { schema: totalsSchema, config: { access: 'viewer' } }, () => readTotals())

  const seriesSchema = {
    operationId: 'getSeries',
    summary: 'Orders and sales by time of creation; steps without an order are left out',
    tags: ['totals'],
    querystring: seriesQuery,
    response: { 200: series, ...problems },
  }
  app.get('/api/v1/series', { schema: seriesSchema, config: { access: 'viewer' } }, async ({ query }) => {
    const step = query.step ?? 60
    const stepMs = step * 1000
    const toMs = alignUp(optionalTime('to', query.to) ?? clock() + 1, stepMs)
    const fromMs = windowStart(optionalTime('from', query.from) ?? toMs - defaultPoints * stepMs, stepMs)
    refuseRange(fromMs, toMs, stepMs)
    const points = await store.series({ fromMs, toMs })
    return { from: isoTime(fromMs), to: isoTime(toMs), step, points: pointsOf(points, stepMs) }
  })
}

function alignUp(atMs: number, stepMs: number): number {
  return windowStart(atMs + stepMs - 1, stepMs)
}

function refuseRange(fromMs: number, toMs: number, stepMs: number): void {
  const points = (toMs - fromMs) / stepMs
  if (points >= 1 && points <= seriesPointsMax) return
  const pointer = '/from'
  const message =
    points < 1 ? 'must be before "to"' : `gives ${points} points, more than ${seriesPointsMax}: take a larger "step"`
  throw new OrdermillError('REQUEST_INVALID', `the range is not valid: "from" ${message}`, {
    issues: [{ pointer, message }],
  })
}

function pointsOf(minutes: readonly SeriesPoint[], stepMs: number): Series['points'] {
  const bySlot = new Map<number, { orderCount: number; sales: Sums }>()
  for (const { startMs, currency, orderCount, salesMinor } of minutes) {
    const slot = windowStart(startMs, Math.max(stepMs, minuteMs))
    const point = bySlot.get(slot) ?? { orderCount: 0, sales: new Map() }
    point.orderCount += orderCount
    addToSums(point.sales, currency, salesMinor)
    bySlot.set(slot, point)
  }
  return [...bySlot].map(([startMs, { orderCount, sales }]) => ({
    start: isoTime(startMs),
    order_count: orderCount,
    sales: exactSums(sales),
  }))
}
