import type { Series, Totals } from '../../../src/api/contract.ts'
import { inFlightOf, useLive, type Sample } from '../api/live.ts'
import { useSeries } from '../api/queries.ts'
import { Tile } from '../components/tile.tsx'
import {
  formatCount,
  formatCountShort,
  formatMoney,
  formatMoneyShort,
  formatRate,
  formatShare,
  plural,
} from '../format.ts'

const trendMinutes = 60
const sincePageOpened = 'Since this page was opened, at most two minutes'
const lastHour = 'A minute each, the last hour'

export function Tiles() {
  const totals = useLive(({ snapshot }) => snapshot?.totals)
  const pipeline = useLive(({ snapshot }) => snapshot?.pipeline)
  const inFlight = useLive(({ snapshot }) => snapshot && inFlightOf(snapshot))
  const samples = useLive((state) => state.samples)
  const { data: series } = useSeries(trendMinutes)
  return (
    <div className="tiles">
      <Tile
        label="Orders a second"
        value={pipeline && formatRate(pipeline.orders_per_second)}
        exact={pipeline && `${pipeline.orders_per_second} orders a second, over the last 5 seconds`}
        note="over 5 seconds"
        trend={samples.map(({ ordersPerSecond }) => ordersPerSecond)}
        trendLabel={sincePageOpened}
      />
      <SalesTile totals={totals} series={series} />
      <Tile
        label="Orders"
        value={totals && formatCountShort(totals.order_count)}
        exact={totals && plural(totals.order_count, 'order')}
        note={totals && totals.duplicates > 0 ? `${formatCountShort(totals.duplicates)} duplicates ignored` : ''}
        trend={finished(series).map(({ order_count }) => order_count)}
        trendLabel={lastHour}
      />
      <Tile
        label="Fraud alerts"
        value={totals && formatCountShort(totals.alerts)}
        exact={totals && plural(totals.alerts, 'alert')}
        note={totals && totals.order_count > 0 ? `${formatShare(totals.alerts, totals.order_count)} of orders` : ''}
        trend={raised(samples)}
        trendLabel={sincePageOpened}
      />
      <Tile
        label="Payments in flight"
        value={inFlight === undefined ? undefined : formatCountShort(inFlight)}
        exact={
          inFlight === undefined ? '' : `${plural(inFlight, 'order')} in the log that payments has not finished with`
        }
        note={totals && `${formatCountShort(totals.payments.paid)} paid`}
        trend={samples.map((sample) => sample.inFlight)}
        trendLabel={sincePageOpened}
      />
    </div>
  )
}

function SalesTile({ totals, series }: { totals: Totals | undefined; series: Series | undefined }) {
  const base = totals?.base_currency ?? 'USD'
  return (
    <Tile
      label={`Sales, ${base}`}
      value={totals && formatMoneyShort(totals.total_sales, base)}
      exact={totals && salesText(totals)}
      note={totals && otherCurrencies(totals)}
      trend={finished(series).map(({ sales }) => sales[base] ?? 0)}
      trendLabel={lastHour}
    />
  )
}

function salesText({ by_currency }: Totals): string {
  return Object.entries(by_currency)
    .map(([currency, { sales }]) => `${formatMoney(sales[currency] ?? 0, currency)} ${currency}`)
    .join('\n')
}

function otherCurrencies({ by_currency, base_currency, order_count, total_sales }: Totals): string {
  const others = Object.keys(by_currency).filter((currency) => currency !== base_currency).length
  if (others > 0) return `and ${formatCount(others)} more ${others === 1 ? 'currency' : 'currencies'}`
  return order_count === 0 ? '' : `${formatMoney(total_sales / order_count, base_currency)} an order`
}

/** The running minute would always look like a fall. */
function finished(series: Series | undefined): Series['points'] {
  if (!series) return []
  const runningMs = Date.parse(series.to) - series.step * 1_000
  return series.points.filter(({ start }) => Date.parse(start) < runningMs)
}

/** Alerts from one sample to the next: a total alone only ever rises. */
function raised(samples: readonly Sample[]): readonly number[] {
  return samples.slice(1).map(({ alerts }, index) => Math.max(alerts - (samples[index]?.alerts ?? alerts), 0))
}
