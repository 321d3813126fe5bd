import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatClock, formatCount, formatMoney, none, plural } from '../format.ts'
import { useResolvedTheme } from '../theme.ts'
import { splitRunning, type MinuteData } from '../minute-data.ts'
import { chartOptions } from './minute-chart-options.ts'

type ChartProps = Readonly<{ data: MinuteData; currency: string }>

/** Sales as an area, orders as a line, a minute each; the exact figures under the pointer, or with the arrow keys. */
export function MinuteChart(props: ChartProps) {
  // A canvas keeps the colours that it was drawn with.
  const theme = useResolvedTheme()
  return <ThemedChart key={theme} {...props} />
}

function ThemedChart({ data, currency }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [index, setIndex] = useState<number | null>(null)
  const chart = useChart(frame, data, { currency, onCursor: setIndex })

  function onKey(event: KeyboardEvent): void {
    const next = nextIndex(event.key, index, data.startsS.length)
    if (next === undefined || !chart.current) return
    event.preventDefault()
    showAt(chart.current, next)
  }

  return (
    <div
      className="chart"
      // What an <input type="range"> is, but that can't hold a canvas.
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="slider"
      tabIndex={0}
      aria-label="Sales and orders a minute, to be read with the arrow keys"
      aria-valuemin={0}
      aria-valuemax={data.startsS.length - 1}
      aria-valuenow={index ?? data.startsS.length - 1}
      aria-valuetext={textAt(data, currency, index ?? data.startsS.length - 1)}
      onKeyDown={onKey}
      onBlur={() => chart.current && showAt(chart.current, null)}
    >
      <div className="chart-frame" ref={frame} />
      {index !== null && <Tooltip data={data} index={index} currency={currency} />}
    </div>
  )
}

function textAt({ startsS, sales, orders }: MinuteData, currency: string, index: number): string {
  const [startS = 0, sold = null, count = null] = [startsS[index], sales[index], orders[index]]
  const time = `${formatClock(startS * 1_000)} UTC`
  if (count === null) return `${time}: no orders`
  return `${time}: sales ${formatMoney(sold ?? 0, currency)}, ${plural(count, 'order')}`
}

function nextIndex(key: string, index: number | null, length: number): number | null | undefined {
  const last = length - 1
  switch (key) {
    case 'ArrowLeft':
      return Math.max((index ?? length) - 1, 0)
    case 'ArrowRight':
      return Math.min((index ?? -1) + 1, last)
    case 'Home':
      return 0
    case 'End':
      return last
    case 'Escape':
      return null
    default:
      return undefined
  }
}

const offPx = -10

function showAt(chart: uPlot, index: number | null): void {
  const second = index === null ? undefined : chart.data[0][index]
  chart.setCursor({
    left: second === undefined ? offPx : chart.valToPos(second, 'x'),
    top: second === undefined ? offPx : 0,
  })
}

type Look = Readonly<{ currency: string; onCursor: (index: number | null) => void }>

/** A chart lives as long as its look; new data and sizes are handed to it. */
function useChart(frame: RefObject<HTMLDivElement | null>, data: MinuteData, { currency, onCursor }: Look) {
  const chart = useRef<uPlot>(null)
  const columns = useRef(columnsOf(data))

  useEffect(() => {
    columns.current = columnsOf(data)
    chart.current?.setData(columns.current)
  }, [data])

  useEffect(() => {
    const element = frame.current
    if (!element) return
    const { width, height } = element.getBoundingClientRect()
    const made = new uPlot(chartOptions({ element, currency, onCursor }, width, height), columns.current, element)
    chart.current = made
    const observer = new ResizeObserver(([entry]) => {
      if (entry) made.setSize({ width: entry.contentRect.width, height: entry.contentRect.height })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      chart.current = null
    }
  }, [frame, currency, onCursor])
  return chart
}

function columnsOf({ startsS, sales, orders, lastIsRunning }: MinuteData): uPlot.AlignedData {
  const salesParts = splitRunning(sales, lastIsRunning)
  const ordersParts = splitRunning(orders, lastIsRunning)
  return [[...startsS], [...salesParts.done], [...salesParts.running], [...ordersParts.done], [...ordersParts.running]]
}

function Tooltip({ data, index, currency }: ChartProps & { index: number }) {
  const startS = data.startsS[index]
  if (startS === undefined) return null
  const sales = data.sales[index] ?? null
  const orders = data.orders[index] ?? null
  const last = data.startsS.length - 1
  return (
    <div className="tooltip" data-side={index > last / 2 ? 'left' : 'right'} aria-hidden="true">
      <p className="muted num">
        {formatClock(startS * 1_000)} UTC{data.lastIsRunning && index === last ? ', so far' : ''}
      </p>
      <p>
        <span className="key key-sales" />
        Sales <strong className="num">{sales === null ? none : formatMoney(sales, currency)}</strong>
      </p>
      <p>
        <span className="key key-orders" />
        Orders <strong className="num">{orders === null ? none : formatCount(orders)}</strong>
      </p>
    </div>
  )
}
