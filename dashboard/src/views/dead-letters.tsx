import { useMemo, useState } from 'react'
import type { DeadLetter, Totals } from '../../../src/api/contract.ts'
import type { RedriveBody } from '../../../src/api/contract/redrive.ts'
import { useLive } from '../api/live.ts'
import { ActionButton } from '../components/action-button.tsx'
import { ListPage } from '../components/list-page.tsx'
import { Empty } from '../components/query-state.tsx'
import { useFilters } from '../components/use-filters.ts'
import { formatCount, plural } from '../format.ts'
import { letterFilter, letterQuery } from '../letter-query.ts'
import { deadLetterColumns } from './columns.tsx'
import { LetterFilterBar, letterFilterNames, type LetterFilters } from './dead-letter-filters.tsx'
import { RedriveDialog } from './redrive-dialog.tsx'

/** The API takes so many ids in one request. */
const selectedMax = 1_000
const nothingSelected: ReadonlySet<string> = new Set()

export function DeadLettersView() {
  const { filters, setFilters } = useFilters(letterFilterNames)
  const query = useMemo(() => letterQuery(filters), [filters])
  const totals = useLive(({ snapshot }) => snapshot?.totals)
  const [selected, onSelect] = useState(nothingSelected)
  const [target, setTarget] = useState<Pick<RedriveBody, 'ids' | 'filter'>>()
  const state = filters.state ?? 'open'
  const conditions = Object.keys(filters).filter((name) => name !== 'state')
  function change(changes: Readonly<Record<string, string | undefined>>): void {
    // What is out of sight must not be redriven with the rest.
    onSelect(nothingSelected)
    setFilters(changes)
  }
  const clear = () => change(Object.fromEntries(conditions.map((name) => [name, undefined])))
  return (
    <>
      <ListPage<DeadLetter>
        title="Dead letters"
        note={totals && noteOf(totals)}
        path="/dead-letters"
        query={query}
        total={totals && conditions.length === 0 ? totalOf(totals, state) : undefined}
        exported
        columns={deadLetterColumns}
        rowKey={({ id }) => id}
        rowHref={({ id }) => `/dead-letters/${encodeURIComponent(id)}`}
        {...(state === 'open' && { selection: { selected, onChange: onSelect, what: 'letter' } })}
        actions={state === 'open' && <Actions filters={filters} selected={selected} onRedrive={setTarget} />}
        filters={<LetterFilterBar filters={filters} onChange={change} />}
        empty={conditions.length > 0 ? <NoMatch onClear={clear} /> : <Nothing state={state} />}
      />
      {target && (
        <RedriveDialog
          target={target}
          onStarted={() => onSelect(nothingSelected)}
          onClose={() => setTarget(undefined)}
        />
      )}
    </>
  )
}

type ActionsProps = Readonly<{
  filters: LetterFilters
  selected: ReadonlySet<string>
  onRedrive: (target: Pick<RedriveBody, 'ids' | 'filter'>) => void
}>

function Actions({ filters, selected, onRedrive }: ActionsProps) {
  const open = useLive(({ snapshot }) => snapshot?.totals.dead_letters_open ?? 0)
  const tooMany = `At most ${formatCount(selectedMax)} can be chosen one by one: redrive all that match instead`
  return (
    <>
      {selected.size > 0 && (
        <ActionButton
          kind="primary"
          unavailable={selected.size > selectedMax ? tooMany : undefined}
          onClick={() => onRedrive({ ids: [...selected] })}
        >
          Redrive {formatCount(selected.size)} selected…
        </ActionButton>
      )}
      <ActionButton
        unavailable={open === 0 ? 'No letter is open' : undefined}
        onClick={() => onRedrive({ filter: letterFilter(filters) })}
      >
        Redrive all that match…
      </ActionButton>
    </>
  )
}

function noteOf({ dead_letters_listed, dead_letters_open }: Totals): string {
  if (dead_letters_listed === 0) return 'none'
  return `${formatCount(dead_letters_open)} open of ${plural(dead_letters_listed, 'refused record')}`
}

function totalOf({ dead_letters_listed, dead_letters_open }: Totals, state: string): number | undefined {
  if (state === 'all') return dead_letters_listed
  return state === 'open' ? dead_letters_open : dead_letters_listed - dead_letters_open
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <Empty icon="search" title="No dead letter matches these filters">
      <button type="button" className="button" onClick={onClear}>
        Remove all filters
      </button>
    </Empty>
  )
}

function Nothing({ state }: { state: string }) {
  const listed = useLive(({ snapshot }) => snapshot?.totals.dead_letters_listed ?? 0)
  if (state === 'redriven') {
    return (
      <Empty icon="deadLetters" title="Nothing was redriven">
        Choose letters in the list of open ones, and redrive them once their cause is gone.
      </Empty>
    )
  }
  return (
    <Empty icon="deadLetters" title={listed > 0 ? 'Nothing is open' : 'Nothing was refused'}>
      {listed > 0
        ? 'Every refused record was redriven: choose Redriven to see them.'
        : 'A record that can never be processed comes here, byte for byte, with the reason.'}
    </Empty>
  )
}
