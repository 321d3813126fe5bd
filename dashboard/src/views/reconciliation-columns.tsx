import type { Reconciliation } from '../../../src/api/contract/reconciliation.ts'
import { Status } from '../components/status.tsx'
import type { Column } from '../components/table-column.ts'
import { Count } from '../components/values.tsx'
import { formatCount, none, plural } from '../format.ts'
import { reconciliationTones, reconciliationWords } from '../labels.ts'

type Equation = Reconciliation['equations'][number]
type Check = Reconciliation['checks'][number]

/** `1,204 = 1,200 charged + 4 duplicates`, without the terms that are nothing. */
function termsText({ terms }: Equation): string {
  const some = terms.filter(({ records }) => records !== 0)
  return some.length === 0
    ? '0'
    : some.map(({ name, records }) => plural(records, name.replace(/s$/, ''), name)).join(' + ')
}

export const equationColumns: readonly Column<Equation>[] = [
  {
    id: 'group',
    head: 'Group',
    width: 140,
    narrowWidth: 120,
    cell: ({ group }) => <span className="truncate">{group}</span>,
  },
  {
    id: 'partition',
    head: 'Partition',
    minWidth: 108,
    cell: ({ topic, partition }) => (
      <span className="mono truncate" title={`${topic}/${partition}`}>
        {topic}/{partition}
      </span>
    ),
  },
  {
    id: 'records',
    head: 'Records',
    width: 84,
    align: 'end',
    cell: ({ records, next }) =>
      records === null ? (
        <span className="muted" title={`The offsets below ${next} have gaps, so they can’t be counted`}>
          {none}
        </span>
      ) : (
        <Count value={records} />
      ),
  },
  {
    id: 'terms',
    head: 'Became',
    minWidth: 140,
    cell: (equation) => (
      <span className="truncate num" title={termsText(equation)}>
        = {termsText(equation)}
      </span>
    ),
  },
  {
    id: 'in_flight',
    head: 'In flight',
    width: 80,
    align: 'end',
    cell: ({ in_flight }) => <Count value={in_flight} />,
  },
  {
    id: 'difference',
    head: 'Difference',
    width: 104,
    cell: ({ difference }) => <Difference value={difference} />,
  },
]

function Difference({ value }: { value: number | null }) {
  if (value === null) return <span className="muted">not countable</span>
  if (value === 0) return <Status tone="good">None</Status>
  return <Status tone="bad">{formatCount(value)}</Status>
}

export const checkColumns: readonly Column<Check>[] = [
  {
    id: 'name',
    head: 'Check',
    minWidth: 150,
    cell: ({ name, detail }) => (
      <span className="truncate" title={detail}>
        {name}
      </span>
    ),
  },
  {
    id: 'state',
    head: 'State',
    width: 130,
    narrowWidth: 110,
    cell: ({ state }) => <Status tone={reconciliationTones[state]}>{reconciliationWords[state]}</Status>,
  },
  {
    id: 'expected',
    head: 'Expected',
    align: 'end',
    minWidth: 110,
    cell: ({ expected }) => <span className="num truncate">{expected}</span>,
  },
  {
    id: 'found',
    head: 'Found',
    align: 'end',
    minWidth: 110,
    cell: ({ found }) => <span className="num truncate">{found}</span>,
  },
]
