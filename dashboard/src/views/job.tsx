import type { Job } from '../../../src/api/contract/jobs.ts'
import { isOver, useJob } from '../api/operations.ts'
import { DetailHead } from '../components/detail-head.tsx'
import { Facts, type Fact } from '../components/facts.tsx'
import { JobProgress } from '../components/job-progress.tsx'
import { Panel } from '../components/panel.tsx'
import { QueryState, Skeleton } from '../components/query-state.tsx'
import { Status } from '../components/status.tsx'
import { useTitle } from '../components/use-title.ts'
import { CopyButton, Instant } from '../components/values.tsx'
import { formatCount } from '../format.ts'
import { jobKinds, jobStates, jobTone, progressText } from '../job-words.ts'
import { Differences } from './differences.tsx'

/** Something long that an operator asked for: how far it is, and what came of it. */
export function JobView({ id }: { id: string }) {
  useTitle('Job')
  const query = useJob(id)
  const { data } = query
  return (
    <>
      <DetailHead back="/activity" backLabel="Activity" title={data ? jobKinds[data.kind] : 'Job'}>
        {data && <Status tone={jobTone(data)}>{jobStates[data.state].label}</Status>}
        <span className="mono muted truncate">{id}</span>
        <CopyButton text={id} what="id" />
      </DetailHead>
      <QueryState framed query={query} skeleton={<Skeleton height={240} width="100%" />}>
        {(job) => <Details job={job} />}
      </QueryState>
    </>
  )
}

function Details({ job }: { job: Job }) {
  const { title, detail, differences = 0 } = job
  return (
    <div className="detail">
      <div className="detail-main">
        <Panel title={isOver(job) ? 'What came of it' : 'How far it is'}>
          <div className="reason">
            <p>{title}</p>
            {isOver(job) ? <p className="num muted">{detail || progressText(job)}</p> : <JobProgress job={job} />}
          </div>
        </Panel>
        {differences > 0 && (
          <Panel title="Differences" note={formatCount(differences)}>
            <Differences job={job.id} />
          </Panel>
        )}
      </div>
      <Panel title="Job" className="detail-side">
        <Facts facts={factsOf(job)} />
      </Panel>
    </div>
  )
}

function factsOf(job: Job): readonly Fact[] {
  return [
    ['Kind', jobKinds[job.kind]],
    ['Done', progressText({ ...job, rate_per_second: 0, seconds_left: null })],
    [
      'Asked for by',
      <span key="by" className="mono">
        {job.requested_by}
      </span>,
    ],
    ['Asked for', <Instant key="at" at={job.requested_at} />],
    ['Last step', <Instant key="updated" at={job.updated_at} />],
  ]
}
