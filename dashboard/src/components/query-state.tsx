import { useState, type ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { capital } from '../labels.ts'
import { Icon, type IconName } from './icon.tsx'

type Queried<Data> = Readonly<{
  data: Data | undefined
  error: Error | null
  /** Of the last attempt, while more of them are made. */
  failureReason: Error | null
  isFetching: boolean
  refetch: () => Promise<unknown>
}>

/** Loading, failed, or there: the one place that tells them apart. Data that is there stays when a refresh fails. */
export function QueryState<Data>({
  query,
  skeleton,
  framed = false,
  children,
}: {
  query: Queried<Data>
  skeleton: ReactNode
  /** A failure gets a panel of its own: where the data would have brought theirs. */
  framed?: boolean
  children: (data: Data) => ReactNode
}) {
  const { data, isFetching } = query
  const error = useFailure(query)
  const retry = () => void query.refetch()
  if (data !== undefined) return children(data)
  if (!error) return skeleton
  const failure = <Failure error={error} busy={isFetching} onRetry={retry} />
  return framed ? <div className="panel">{failure}</div> : failure
}

/** Why there is nothing to show. It stays while that is asked for again, which to the query is a new beginning. */
export function useFailure({ data, error, failureReason }: Omit<Queried<unknown>, 'isFetching' | 'refetch'>) {
  const latest = error ?? failureReason
  const [kept, setKept] = useState<Error | null>(null)
  const next = data === undefined ? (latest ?? kept) : null
  if (next !== kept) setKept(next)
  return next
}

export function Failure({ error, busy, onRetry }: { error: Error; busy: boolean; onRetry: () => void }) {
  const { title, code } = error instanceof ApiError ? error : { title: 'This page has a fault', code: 'PAGE_FAULT' }
  return (
    <div className="blank" role="alert">
      <p className="blank-title">{title}</p>
      <p className="muted">{capital(error.message)}</p>
      <p className="mono muted">{code}</p>
      <button type="button" className="button" onClick={onRetry} disabled={busy}>
        {busy ? 'Trying…' : 'Retry'}
      </button>
    </div>
  )
}

/** Nothing to show: why, and what changes that. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <div className="blank">
      <Icon name={icon} />
      <p className="blank-title">{title}</p>
      <div className="muted">{children}</div>
    </div>
  )
}

export function Skeleton({ width, height }: { width?: number | string; height?: number }) {
  return <span className="skeleton" style={{ width, height }} />
}
