import type { Reconciliation } from '../../../src/api/contract/reconciliation.ts'
import { useReconciliation } from '../api/operations.ts'
import { Panel } from '../components/panel.tsx'
import { QueryState, Skeleton } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useTitle } from '../components/use-title.ts'
import { Time } from '../components/values.tsx'
import { plural } from '../format.ts'
import { reconciliationTones } from '../labels.ts'
import { checkColumns, equationColumns } from './reconciliation-columns.tsx'
import { ReconciliationActions } from './reconciliation-actions.tsx'
import { FullCheck } from './reconciliation-full.tsx'
import { PaidAllTheSame } from './reconciliation-paid.tsx'

export function ReconciliationView() {
  useTitle('Reconciliation')
  const query = useReconciliation()
  return (
    <>
      <header className="view-head">
        <h1>Reconciliation</h1>
        <span className="muted view-note">what came in, against what became of it</span>
        <div className="view-actions">
          <ReconciliationActions />
        </div>
      </header>
      <QueryState framed query={query} skeleton={<ReconciliationSkeleton />}>
        {(data) => <Found data={data} />}
      </QueryState>
    </>
  )
}

function Found({ data }: { data: Reconciliation }) {
  const { equations, checks } = data
  return (
    <div className="stack">
      <State data={data} />
      <Panel
        className="wrapping"
        title="Record by record"
        note="each group’s records below its next offset, and what they became"
      >
        <Table
          label="Record by record"
          columns={equationColumns}
          rows={equations}
          rowKey={({ group, topic, partition }) => `${group}/${topic}/${partition}`}
        />
        {equations.length === 0 && <p className="reason muted">No group has read anything yet.</p>}
      </Panel>
      <Panel className="wrapping" title="Checks">
        <Table label="Checks" columns={checkColumns} rows={checks} rowKey={({ name }) => name} />
      </Panel>
      <div className="halves">
        <PaidAllTheSame data={data} />
        <FullCheck last={data.last_full} />
      </div>
    </div>
  )
}

function State({ data: { state, summary, in_flight, at } }: { data: Reconciliation }) {
  return (
    <section className="panel verdict" data-tone={reconciliationTones[state]} aria-label="State">
      <span className={`dot dot-${reconciliationTones[state]}`} />
      <div>
        <p className="verdict-words">{summary}</p>
        <p className="muted num">
          {in_flight > 0 && `${plural(in_flight, 'record')} in flight · `}looked at <Time at={at} />
        </p>
      </div>
    </section>
  )
}

function ReconciliationSkeleton() {
  return (
    <div className="stack">
      <Skeleton height={76} width="100%" />
      <Skeleton height={280} width="100%" />
      <Skeleton height={200} width="100%" />
    </div>
  )
}
