import { Link } from 'wouter'
import type { Reconciliation } from '../../../src/api/contract/reconciliation.ts'
import { Panel } from '../components/panel.tsx'
import { Status } from '../components/status.tsx'
import { Time } from '../components/values.tsx'
import { plural } from '../format.ts'
import { Differences } from './differences.tsx'

/** The last time that everything was made again from the log and compared. */
export function FullCheck({ last }: { last: Reconciliation['last_full'] }) {
  return (
    <Panel
      title="Last full check"
      actions={last && <Link href={`/activity/${encodeURIComponent(last.job)}`}>Show the job</Link>}
    >
      {last === null ? (
        <p className="reason muted">
          None yet. “Check everything” makes all results again from the log and compares them with the store, order by
          order.
        </p>
      ) : (
        <>
          <div className="reason">
            <Status tone={last.differences === 0 ? 'good' : 'bad'}>
              {last.differences === 0 ? 'No difference' : plural(last.differences, 'difference')}
            </Status>
            <p className="muted num">
              {plural(last.records, 'record')} compared, <Time at={last.at} />
            </p>
          </div>
          {last.differences > 0 && <Differences job={last.job} />}
        </>
      )}
    </Panel>
  )
}
