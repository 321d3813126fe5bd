import type { Totals } from '../../../src/api/contract.ts'
import { useLive } from '../api/live.ts'
import { Bars, type Bar } from '../components/bars.tsx'
import { Panel } from '../components/panel.tsx'
import { countryName } from '../components/values.tsx'
import { addAmounts } from '../currency.ts'
import { formatMoney, plural } from '../format.ts'
import { orderStatusLabel } from '../labels.ts'

type Tally = Totals['by_country'][string]

const barsMax = 8

export function Breakdown() {
  const totals = useLive(({ snapshot }) => snapshot?.totals)
  return (
    <div className="breakdown">
      <Panel title="Orders by country">
        <Bars label="Orders by country" rows={barsMax + 1} bars={totals && barsOf(totals.by_country, countryName)} />
      </Panel>
      <Panel title="Orders by status">
        <Bars label="Orders by status" rows={3} bars={totals && barsOf(totals.by_status, orderStatusLabel)} />
      </Panel>
    </div>
  )
}

/** The largest first; what is beyond the eighth is added up as one. */
function barsOf(tallies: Readonly<Record<string, Tally>>, label: (key: string) => string): readonly Bar[] {
  const sorted = Object.entries(tallies)
    .filter(([, { order_count }]) => order_count !== 0)
    .toSorted(([, a], [, b]) => b.order_count - a.order_count)
  const shown = sorted.slice(0, barsMax).map(([key, tally]) => barOf(key, label(key), [tally]))
  const rest = sorted.slice(barsMax).map(([, tally]) => tally)
  return rest.length === 0 ? shown : [...shown, barOf('other', 'Other', rest)]
}

function barOf(key: string, label: string, tallies: readonly Tally[]): Bar {
  const value = tallies.reduce((sum, { order_count }) => sum + order_count, 0)
  return { key, label, value, title: `${label}: ${plural(value, 'order')}, ${salesText(tallies)}` }
}

function salesText(tallies: readonly Tally[]): string {
  const currencies = new Set(tallies.flatMap(({ sales }) => Object.keys(sales)))
  return [...currencies].map((currency) => `${formatMoney(sumOf(tallies, currency), currency)} ${currency}`).join(', ')
}

function sumOf(tallies: readonly Tally[], currency: string): number {
  const amounts = tallies.map(({ sales }) => sales[currency] ?? 0)
  return addAmounts(amounts, currency)
}
