import type { DeadLetter } from '../../../src/api/contract.ts'
import { useLive } from '../api/live.ts'
import { useGroups } from '../api/queries.ts'
import { ChoicePill } from '../components/filter-pill.tsx'
import { ListPage } from '../components/list-page.tsx'
import { Empty } from '../components/query-state.tsx'
import { useFilters } from '../components/use-filters.ts'
import { plural } from '../format.ts'
import { deadLetterColumns } from './columns.tsx'

const names = ['group', 'code'] as const
const codes = ['RECORD_INVALID', 'RECORD_TOO_LARGE', 'ORDER_ID_CONFLICT'].map((value) => ({ value, label: value }))

export function DeadLettersView() {
  const { filters, setFilters } = useFilters(names)
  const listed = useLive(({ snapshot }) => snapshot?.totals.dead_letters_listed)
  const { data: groups } = useGroups()
  const filtered = filters.group !== undefined || filters.code !== undefined
  return (
    <ListPage<DeadLetter>
      title="Dead letters"
      note={listed === undefined ? '' : plural(listed, 'refused record')}
      path="/dead-letters"
      query={filters}
      total={filtered ? undefined : listed}
      columns={deadLetterColumns}
      rowKey={({ id }) => id}
      rowHref={({ id }) => `/dead-letters/${encodeURIComponent(id)}`}
      filters={
        <fieldset className="filters" aria-label="Filters">
          <ChoicePill
            label="Group"
            value={filters.group}
            choices={groups?.items.map(({ group }) => ({ value: group, label: group })) ?? []}
            onChange={(group) => setFilters({ group })}
          />
          <ChoicePill label="Code" value={filters.code} choices={codes} onChange={(code) => setFilters({ code })} />
        </fieldset>
      }
      empty={
        filtered ? (
          <Empty icon="search" title="No dead letter matches these filters">
            <button type="button" className="button" onClick={() => setFilters({ group: undefined, code: undefined })}>
              Remove all filters
            </button>
          </Empty>
        ) : (
          <Empty icon="deadLetters" title="Nothing was refused">
            A record that can never be processed comes here, byte for byte, with the reason.
          </Empty>
        )
      }
    />
  )
}
