import type { Payment, Totals } from '../../../src/api/contract.ts'
import { inFlightOf, useLive } from '../api/live.ts'
import { ListPage } from '../components/list-page.tsx'
import { Empty } from '../components/query-state.tsx'
import { Segmented } from '../components/segmented.tsx'
import { useFilters } from '../components/use-filters.ts'
import { formatCount, plural } from '../format.ts'
import { isOutcome, outcomes } from '../labels.ts'
import { orderHref, orderKey, paymentColumns } from './columns.tsx'

const names = ['outcome'] as const
const options = [
  { value: '', label: 'All' },
  ...Object.entries(outcomes).map(([value, { label }]) => ({ value, label })),
]

export function PaymentsView() {
  const { filters, setFilters } = useFilters(names)
  const totals = useLive(({ snapshot }) => snapshot?.totals)
  const inFlight = useLive(({ snapshot }) => snapshot && inFlightOf(snapshot))
  const { outcome = '' } = filters
  return (
    <ListPage<Payment>
      title="Payments"
      note={totals && noteOf(totals, inFlight ?? 0)}
      path="/payments"
      query={filters}
      total={totals && countOf(totals, outcome)}
      exported
      columns={paymentColumns}
      rowKey={orderKey}
      rowHref={orderHref}
      filters={
        <div className="filters">
          <Segmented
            label="Outcome"
            options={options}
            value={outcome}
            onChange={(value) => setFilters({ outcome: value === '' ? undefined : value })}
          />
        </div>
      }
      empty={
        <Empty icon="payments" title={outcome === '' ? 'No payments yet' : 'No payment with this outcome'}>
          {isOutcome(outcome) ? `${outcomes[outcome].meaning}.` : 'Every order that comes in is paid once.'}
        </Empty>
      }
    />
  )
}

/** Undefined where the totals don't count it. */
function countOf({ payments }: Totals, outcome: string): number | undefined {
  const { paid, declined, skipped, held } = payments
  switch (outcome) {
    case '':
      return paid + declined + skipped + held
    case 'PAID':
      return paid
    case 'DECLINED':
      return declined
    case 'SKIPPED':
      return skipped
    case 'HELD':
      return held
    default:
      return undefined
  }
}

function noteOf({ payments }: Totals, inFlight: number): string {
  const { paid, declined, held, paid_cancelled, paid_flagged, cancelled_after_paid } = payments
  const parts = [`${formatCount(paid)} paid`, `${formatCount(inFlight)} in flight`]
  if (declined > 0) parts.push(`${formatCount(declined)} declined`)
  if (held > 0) parts.push(`${formatCount(held)} held`)
  if (paid_flagged > 0) parts.push(`${plural(paid_flagged, 'flagged order')} paid`)
  if (paid_cancelled > 0) parts.push(`${plural(paid_cancelled, 'cancelled order')} paid`)
  if (cancelled_after_paid > 0) parts.push(`${formatCount(cancelled_after_paid)} cancelled after payment`)
  return parts.join(' · ')
}
