import uPlot from 'uplot'
import { formatClock, formatCountStep, formatMoneyStep } from '../format.ts'

const axisWidthPx = 56
const axisHeightPx = 28

export type ChartLook = Readonly<{ element: HTMLElement; currency: string; onCursor: (index: number | null) => void }>

export function chartOptions(look: ChartLook, width: number, height: number): uPlot.Options {
  const { element, onCursor } = look
  const sales = colour(element, '--chart-sales')
  const orders = colour(element, '--chart-orders')
  const fill = colour(element, '--chart-sales-fill')
  const surface = colour(element, '--surface')
  return {
    width,
    height,
    padding: [12, 0, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: { x: { time: true, range: withMargin }, sales: { range: salesRange }, orders: { range: ordersRange } },
    axes: axesOf(look),
    series: [
      {},
      { scale: 'sales', stroke: sales, fill, width: 2, points: { show: true, size: 4, filter: isolated } },
      { scale: 'sales', stroke: sales, width: 2, points: { show: true, size: 8, fill: surface } },
      { scale: 'orders', stroke: orders, width: 1.5, points: { show: true, size: 4, filter: isolated } },
      { scale: 'orders', stroke: orders, width: 1.5, points: { show: true, size: 8, fill: surface } },
    ],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  }
}

function axesOf({ element, currency }: ChartLook): uPlot.Axis[] {
  const stroke = colour(element, '--muted')
  const font = `12px ${getComputedStyle(element).fontFamily}`
  const common = { stroke, font, ticks: { show: false }, border: { show: false } }
  return [
    {
      ...common,
      size: axisHeightPx,
      space: 64,
      grid: { show: false },
      values: (_, seconds) => seconds.map((second) => formatClock(second * 1_000)),
    },
    {
      ...common,
      scale: 'sales',
      size: axisWidthPx,
      space: 44,
      grid: { stroke: colour(element, '--chart-grid'), width: 1 },
      values: (_, values) => values.map((value) => formatMoneyStep(value, currency)),
    },
    {
      ...common,
      scale: 'orders',
      side: 1,
      size: axisWidthPx,
      space: 44,
      grid: { show: false },
      incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7],
      values: (_, values) => values.map(formatCountStep),
    },
  ]
}

const emptyMax = 1

function fromZero(dataMax: number | null, headroom: number): uPlot.Range.MinMax {
  return [0, dataMax === null || dataMax <= 0 ? emptyMax : dataMax * headroom]
}

/** The two go up and down together: with more room above the area, the line runs over it and not in it. */
function salesRange(_: uPlot, __: number, dataMax: number | null): uPlot.Range.MinMax {
  return fromZero(dataMax, 1.5)
}

function ordersRange(_: uPlot, __: number, dataMax: number | null): uPlot.Range.MinMax {
  return fromZero(dataMax, 1.08)
}

/** Room for the point of the running minute beside the axis. */
function withMargin(_: uPlot, from: number, to: number): uPlot.Range.MinMax {
  return [from, to + (to - from) * 0.015]
}

/** A minute between two gaps has no line to be part of: it gets a point. */
function isolated(chart: uPlot, seriesIndex: number): number[] | null {
  const values = chart.data[seriesIndex] ?? []
  const lonely: number[] = []
  for (let index = 0; index < values.length; index += 1) {
    if (isGap(values[index - 1]) && !isGap(values[index]) && isGap(values[index + 1])) lonely.push(index)
  }
  return lonely
}

function isGap(value: number | null | undefined): boolean {
  return value === null || value === undefined
}

/** A canvas can't read variables, and a variable's own text may still be unresolved: ask for it as a colour. */
function colour(element: HTMLElement, variable: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${variable})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
