import { useGroups } from '../api/queries.ts'
import { ChoicePill, FieldsPill } from '../components/filter-pill.tsx'
import { Segmented } from '../components/segmented.tsx'
import { localOf, rangeText, shownTime, utcOf } from '../filter-range.ts'

/** In the URL. No `state` means open ones: those are what somebody has to look at. */
export const letterFilterNames = ['group', 'code', 'from', 'to', 'order_id', 'state'] as const
export type LetterFilters = Readonly<Partial<Record<(typeof letterFilterNames)[number], string>>>
type Change = (changes: Readonly<Record<string, string | undefined>>) => void

const codes = ['RECORD_INVALID', 'RECORD_TOO_LARGE', 'ORDER_ID_CONFLICT'].map((value) => ({ value, label: value }))
const states = [
  { value: 'open', label: 'Open' },
  { value: 'redriven', label: 'Redriven' },
  { value: 'all', label: 'All' },
] as const

export function LetterFilterBar({ filters, onChange }: { filters: LetterFilters; onChange: Change }) {
  const { data: groups } = useGroups()
  const { group, code, from, to, order_id, state = 'open' } = filters
  return (
    <fieldset className="filters" aria-label="Filters">
      <Segmented
        label="State"
        options={states}
        value={state === 'redriven' || state === 'all' ? state : 'open'}
        onChange={(value) => onChange({ state: value === 'open' ? undefined : value })}
      />
      <ChoicePill
        label="Group"
        value={group}
        choices={groups?.items.map(({ group: name }) => ({ value: name, label: name })) ?? []}
        onChange={(value) => onChange({ group: value })}
      />
      <ChoicePill label="Code" value={code} choices={codes} onChange={(value) => onChange({ code: value })} />
      <FieldsPill
        label="Time"
        shown={rangeText(shownTime(from), shownTime(to))}
        fields={[
          { name: 'from', label: 'From (UTC)', type: 'datetime-local', value: localOf(from) },
          { name: 'to', label: 'Before (UTC)', type: 'datetime-local', value: localOf(to) },
        ]}
        onChange={(values) => onChange({ from: utcOf(values['from']), to: utcOf(values['to']) })}
      />
      <FieldsPill
        label="Order"
        shown={order_id}
        fields={[{ name: 'order_id', label: 'Order id', type: 'number', step: '1', value: order_id ?? '' }]}
        onChange={onChange}
      />
    </fieldset>
  )
}
