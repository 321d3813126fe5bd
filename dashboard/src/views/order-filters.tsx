import { useLive } from '../api/live.ts'
import { ChoicePill, FieldsPill, type Choice } from '../components/filter-pill.tsx'
import { countryName } from '../components/values.tsx'
import { localOf, rangeText, shownTime, utcOf } from '../filter-range.ts'
import { formatCount } from '../format.ts'
import { orderStatusLabel } from '../labels.ts'

export const filterNames = [
  'status',
  'country',
  'currency',
  'amount_min',
  'amount_max',
  'customer_id',
  'created_from',
  'created_to',
] as const

type Filters = Readonly<Partial<Record<(typeof filterNames)[number], string>>>
type Change = (changes: Readonly<Record<string, string | undefined>>) => void

const statuses: readonly Choice[] = ['CREATED', 'CONFIRMED', 'CANCELLED'].map((value) => ({
  value,
  label: orderStatusLabel(value),
}))

export function OrderFilters({ filters, onChange }: { filters: Filters; onChange: Change }) {
  const { status, country, currency, amount_min, amount_max, customer_id, created_from, created_to } = filters
  const totals = useLive(({ snapshot }) => snapshot?.totals)
  return (
    <fieldset className="filters" aria-label="Filters">
      <ChoicePill
        label="Status"
        value={status}
        shown={status && orderStatusLabel(status)}
        choices={statuses}
        onChange={(value) => onChange({ status: value })}
      />
      <ChoicePill
        label="Country"
        value={country}
        shown={country && countryName(country)}
        choices={choicesOf(totals?.by_country, (code) => `${countryName(code)} (${code})`)}
        onChange={(value) => onChange({ country: value })}
      />
      <FieldsPill
        label="Amount"
        shown={rangeText(amount_min, amount_max)}
        fields={[
          { name: 'amount_min', label: 'At least', type: 'number', step: 'any', value: amount_min ?? '' },
          { name: 'amount_max', label: 'At most', type: 'number', step: 'any', value: amount_max ?? '' },
        ]}
        onChange={onChange}
      />
      <ChoicePill
        label="Currency"
        value={currency}
        choices={choicesOf(totals?.by_currency, (code) => code)}
        onChange={(value) => onChange({ currency: value })}
      />
      <FieldsPill
        label="Customer"
        shown={customer_id}
        fields={[{ name: 'customer_id', label: 'Customer id', type: 'number', step: '1', value: customer_id ?? '' }]}
        onChange={onChange}
      />
      <FieldsPill
        label="Created"
        shown={rangeText(shownTime(created_from), shownTime(created_to))}
        fields={[
          { name: 'created_from', label: 'From (UTC)', type: 'datetime-local', value: localOf(created_from) },
          { name: 'created_to', label: 'Before (UTC)', type: 'datetime-local', value: localOf(created_to) },
        ]}
        onChange={(values) =>
          onChange({ created_from: utcOf(values['created_from']), created_to: utcOf(values['created_to']) })
        }
      />
    </fieldset>
  )
}

type Tallies = Readonly<Record<string, Readonly<{ order_count: number }>>>

function choicesOf(tallies: Tallies | undefined, label: (key: string) => string): readonly Choice[] {
  return Object.entries(tallies ?? {})
    .toSorted(([, a], [, b]) => b.order_count - a.order_count)
    .map(([value, { order_count }]) => ({ value, label: label(value), note: formatCount(order_count) }))
}
