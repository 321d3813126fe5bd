import type { Series } from '../../src/api/contract.ts'

/** One entry a minute; null where the log has no order: a gap, which is not the same as a sale of nothing. */
export type MinuteData = Readonly<{
  startsS: readonly number[]
  sales: readonly (number | null)[]
  orders: readonly (number | null)[]
  /** The last minute is still going on: its figures will grow. */
  lastIsRunning: boolean
}>

export function minutesOf(series: Series, currency: string, nowMs: number): MinuteData {
  const stepMs = series.step * 1_000
  const points = new Map(series.points.map((point) => [Date.parse(point.start), point]))
  const startsMs = rangeOf(Date.parse(series.from), Date.parse(series.to), stepMs)
  const found = startsMs.map((startMs) => points.get(startMs))
  return {
    startsS: startsMs.map((startMs) => startMs / 1_000),
    sales: found.map((point) => (point ? (point.sales[currency] ?? null) : null)),
    orders: found.map((point) => point?.order_count ?? null),
    lastIsRunning: nowMs < (startsMs.at(-1) ?? 0) + stepMs,
  }
}

function rangeOf(fromMs: number, toMs: number, stepMs: number): readonly number[] {
  const firstMs = Math.floor(fromMs / stepMs) * stepMs
  const length = Math.max(Math.ceil((toMs - firstMs) / stepMs), 0)
  return Array.from({ length }, (_, index) => firstMs + index * stepMs)
}

type Values = readonly (number | null)[]

/**
 * The line of finished minutes, and the running one as a point of its own: joined to the line it would look like a fall.
 */
export function splitRunning(values: Values, lastIsRunning: boolean): Readonly<{ done: Values; running: Values }> {
  if (!lastIsRunning) return { done: values, running: values.map(() => null) }
  const last = values.length - 1
  return {
    done: values.map((value, index) => (index === last ? null : value)),
    running: values.map((value, index) => (index === last ? value : null)),
  }
}
