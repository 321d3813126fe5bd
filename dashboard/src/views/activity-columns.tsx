import { Link } from 'wouter'
import type { AuditEntry } from '../../../src/api/contract/audit.ts'
import type { Job } from '../../../src/api/contract/jobs.ts'
import { Status } from '../components/status.tsx'
import type { Column } from '../components/table-column.ts'
import { Time } from '../components/values.tsx'
import { none } from '../format.ts'
import { jobKinds, jobStates, jobTone, progressText } from '../job-words.ts'
import { capital } from '../labels.ts'

export const jobColumns: readonly Column<Job>[] = [
  {
    id: 'title',
    head: 'Job',
    minWidth: 120,
    cell: ({ title }) => (
      <span className="truncate" title={title}>
        {title}
      </span>
    ),
  },
  { id: 'kind', head: 'Kind', width: 110, leaves: 2, cell: ({ kind }) => jobKinds[kind] },
  {
    id: 'state',
    head: 'State',
    width: 120,
    narrowWidth: 108,
    cell: (job) => <Status tone={jobTone(job)}>{jobStates[job.state].label}</Status>,
  },
  {
    id: 'progress',
    head: 'Progress',
    width: 250,
    leaves: 3,
    cell: (job) => <span className="num truncate">{progressText(job)}</span>,
  },
  {
    id: 'by',
    head: 'By',
    width: 130,
    leaves: 1,
    cell: ({ requested_by }) => <span className="mono truncate">{requested_by}</span>,
  },
  {
    id: 'at',
    head: 'Asked for',
    width: 110,
    narrowWidth: 96,
    align: 'end',
    cell: ({ requested_at }) => <Time at={requested_at} />,
  },
]

export const auditColumns: readonly Column<AuditEntry>[] = [
  { id: 'action', head: 'Change', width: 110, cell: ({ action }) => capital(action) },
  {
    id: 'target',
    head: 'Of',
    minWidth: 140,
    cell: ({ target }) => (
      <span className="truncate" title={target}>
        {target}
      </span>
    ),
  },
  { id: 'from', head: 'From', width: 120, cell: ({ from }) => <Words text={from} /> },
  { id: 'to', head: 'To', width: 180, cell: ({ to }) => <Words text={to} /> },
  {
    id: 'job',
    head: 'Job',
    width: 72,
    cell: ({ job }) =>
      job === '' ? (
        <span className="muted">{none}</span>
      ) : (
        <Link href={`/activity/${encodeURIComponent(job)}`}>Show</Link>
      ),
  },
  {
    id: 'by',
    head: 'By',
    width: 130,
    cell: ({ principal }) => <span className="mono truncate">{principal}</span>,
  },
  { id: 'at', head: 'When', width: 110, align: 'end', cell: ({ at }) => <Time at={at} /> },
]

function Words({ text }: { text: string }) {
  if (text === '') return <span className="muted">{none}</span>
  return (
    <span className="truncate" title={text}>
      {text}
    </span>
  )
}
