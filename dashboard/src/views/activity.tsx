import type { AuditEntry } from '../../../src/api/contract/audit.ts'
import type { Job } from '../../../src/api/contract/jobs.ts'
import { ListPage } from '../components/list-page.tsx'
import { Empty } from '../components/query-state.tsx'
import { Segmented } from '../components/segmented.tsx'
import { useFilters } from '../components/use-filters.ts'
import { auditColumns, jobColumns } from './activity-columns.tsx'

const names = ['show'] as const
const tabs = [
  { value: 'jobs', label: 'Jobs' },
  { value: 'changes', label: 'Changes' },
] as const
const everything = {}

/** What operators asked for: jobs with their progress, and every change with who made it. */
export function ActivityView() {
  const { filters, setFilters } = useFilters(names)
  const show = filters.show === 'changes' ? 'changes' : 'jobs'
  const choice = (
    <div className="filters">
      <Segmented
        label="Show"
        options={tabs}
        value={show}
        onChange={(value) => setFilters({ show: value === 'jobs' ? undefined : value })}
      />
    </div>
  )
  if (show === 'changes') {
    return (
      <ListPage<AuditEntry>
        key="changes"
        title="Activity"
        note="every change, who made it and when"
        path="/audit"
        query={everything}
        total={undefined}
        columns={auditColumns}
        rowKey={({ offset }) => String(offset)}
        filters={choice}
        empty={
          <Empty icon="activity" title="Nobody has changed anything yet">
            Redrives, pauses, moved offsets and decisions about payments are kept here, with who made them.
          </Empty>
        }
      />
    )
  }
  return (
    <ListPage<Job>
      key="jobs"
      title="Activity"
      note="jobs that operators asked for"
      path="/jobs"
      query={everything}
      total={undefined}
      everyMs={2_000}
      columns={jobColumns}
      rowKey={({ id }) => id}
      rowHref={({ id }) => `/activity/${encodeURIComponent(id)}`}
      filters={choice}
      empty={
        <Empty icon="activity" title="No job has run yet">
          Redrive dead letters, check everything or rebuild the read model: what is long becomes a job, and shows here.
        </Empty>
      }
    />
  )
}
