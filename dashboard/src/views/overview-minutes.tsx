import { lazy, Suspense, useMemo, useState } from 'react'
import { useLive } from '../api/live.ts'
import { useSeries } from '../api/queries.ts'
import { Boundary } from '../components/boundary.tsx'
import { Panel } from '../components/panel.tsx'
import { Empty, QueryState } from '../components/query-state.tsx'
import { Segmented } from '../components/segmented.tsx'
import { Table } from '../components/table.tsx'
import type { Column } from '../components/table-column.ts'
import { Money } from '../components/values.tsx'
import { useFilters } from '../components/use-filters.ts'
import { formatClock, formatCount, none } from '../format.ts'
import { minutesOf, type MinuteData } from '../minute-data.ts'
import { NoOrders } from './orders.tsx'

/** The chart library comes when it is needed, and its failure costs nothing but the chart. */
const MinuteChart = lazy(async () => {
  mendLanguage()
  return { default: (await import('../components/minute-chart.tsx')).MinuteChart }
})

/** A browser without a locale names a language that Intl does not take, and the chart's library asks for it as it loads. */
function mendLanguage(): void {
  try {
    Intl.getCanonicalLocales(navigator.language)
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en-US' })
  }
}

const ranges = [
  { value: '15m', label: '15 min', minutes: 15 },
  { value: '1h', label: '1 h', minutes: 60 },
  { value: '3h', label: '3 h', minutes: 180 },
  { value: '6h', label: '6 h', minutes: 360 },
  { value: '24h', label: '24 h', minutes: 1440 },
] as const
const defaultRange = ranges[0]
const names = ['range', 'currency'] as const

export function MinutePanel() {
  const { filters, setFilters } = useFilters(names)
  const [asTable, setAsTable] = useState(false)
  const range = ranges.find(({ value }) => value === filters.range) ?? defaultRange
  const currencies = useCurrencies()
  const currency = currencies.find((code) => code === filters.currency) ?? currencies[0] ?? 'USD'
  return (
    <Panel
      className="minutes"
      title="Sales and orders a minute"
      actions={
        <>
          {currencies.length > 1 && (
            <select
              aria-label="Currency"
              value={currency}
              onChange={(event) => setFilters({ currency: event.target.value })}
            >
              {currencies.map((code) => (
                <option key={code}>{code}</option>
              ))}
            </select>
          )}
          <button type="button" className="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show chart' : 'Show as table'}
          </button>
          <Segmented
            label="Range"
            options={ranges}
            value={range.value}
            onChange={(value) => setFilters({ range: value === defaultRange.value ? undefined : value })}
          />
        </>
      }
    >
      <Minutes minutes={range.minutes} currency={currency} asTable={asTable} />
    </Panel>
  )
}

/** The base currency first, if anything was sold in it, then the others as they occur most. */
function useCurrencies(): readonly string[] {
  const totals = useLive(({ snapshot }) => snapshot?.totals)
  return useMemo(() => {
    if (!totals) return []
    const { by_currency, base_currency } = totals
    const rank = (code: string) =>
      code === base_currency ? Number.POSITIVE_INFINITY : (by_currency[code]?.order_count ?? 0)
    const codes = Object.keys(by_currency).toSorted((a, b) => rank(b) - rank(a))
    return codes.length > 0 ? codes : [base_currency]
  }, [totals])
}

const loading = <div className="chart-loading" aria-hidden="true" />

function Minutes({ minutes, currency, asTable }: { minutes: number; currency: string; asTable: boolean }) {
  const query = useSeries(minutes)
  const { data: series, dataUpdatedAt, error, failureReason, isFetching, refetch } = query
  const data = useMemo(() => series && minutesOf(series, currency, dataUpdatedAt), [series, currency, dataUpdatedAt])
  return (
    <div className="minutes-body">
      <QueryState query={{ data, error, failureReason, isFetching, refetch }} skeleton={loading}>
        {(shown) => {
          if (shown.orders.every((value) => value === null)) return <NothingInRange />
          return asTable ? (
            <MinuteTable data={shown} currency={currency} />
          ) : (
            <>
              <Legend currency={currency} />
              <Boundary>
                <Suspense fallback={loading}>
                  <MinuteChart data={shown} currency={currency} />
                </Suspense>
              </Boundary>
            </>
          )
        }}
      </QueryState>
    </div>
  )
}

function Legend({ currency }: { currency: string }) {
  return (
    <p className="legend muted">
      <span>
        <span className="key key-sales" />
        Sales, {currency}
      </span>
      <span>Time in UTC</span>
      <span>
        <span className="key key-orders" />
        Orders
      </span>
    </p>
  )
}

function NothingInRange() {
  const orderCount = useLive(({ snapshot }) => snapshot?.totals.order_count)
  if (orderCount === 0) return <NoOrders />
  return (
    <Empty icon="overview" title="No order was created in this time">
      Choose a longer range. Orders are shown at the minute of their <code>created_at</code>.
    </Empty>
  )
}

type MinuteRow = Readonly<{ startS: number; sales: number | null; orders: number | null }>

function MinuteTable({ data, currency }: { data: MinuteData; currency: string }) {
  const rows = data.startsS
    .map((startS, index) => ({ startS, sales: data.sales[index] ?? null, orders: data.orders[index] ?? null }))
    .toReversed()
  return (
    <div className="minutes-table" tabIndex={-1}>
      <Table label="Sales and orders a minute" columns={columnsOf(currency)} rows={rows} rowKey={minuteKey} />
    </div>
  )
}

function minuteKey({ startS }: MinuteRow): string {
  return String(startS)
}

function columnsOf(currency: string): readonly Column<MinuteRow>[] {
  return [
    {
      id: 'minute',
      head: 'Minute (UTC)',
      cell: ({ startS }) => <span className="num">{formatClock(startS * 1_000)}</span>,
    },
    {
      id: 'sales',
      head: 'Sales',
      align: 'end',
      cell: ({ sales }) => (sales === null ? none : <Money amount={sales} currency={currency} />),
    },
    {
      id: 'orders',
      head: 'Orders',
      align: 'end',
      width: 100,
      cell: ({ orders }) => <span className="num">{orders === null ? none : formatCount(orders)}</span>,
    },
  ]
}
