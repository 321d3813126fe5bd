import { useMemo } from 'react'
import { Link } from 'wouter'
import type { Difference } from '../../../src/api/contract/jobs.ts'
import { usePages } from '../api/queries.ts'
import { Failure, useFailure } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import type { Column } from '../components/table-column.ts'
import { capital } from '../labels.ts'

const columns: readonly Column<Difference>[] = [
  {
    id: 'order',
    head: 'Order',
    width: 110,
    cell: ({ order_id }) =>
      order_id === null ? (
        <span className="muted">all</span>
      ) : (
        <Link className="mono" href={`/orders/${order_id}`}>
          {order_id}
        </Link>
      ),
  },
  { id: 'what', head: 'What', minWidth: 150, cell: ({ what, where }) => `${capital(what)}: ${where}` },
  {
    id: 'expected',
    head: 'The log says',
    cell: ({ expected }) => (
      <span className="mono truncate" title={expected}>
        {expected}
      </span>
    ),
  },
  {
    id: 'found',
    head: 'The store says',
    cell: ({ found }) => (
      <span className="mono truncate" title={found}>
        {found}
      </span>
    ),
  },
]

const everything = {}

/** What a check found, by order. */
export function Differences({ job }: { job: string }) {
  const path = `/jobs/${encodeURIComponent(job)}/differences`
  const { pages } = usePages<Difference>(path, everything)
  const rows = useMemo(() => pages.data?.rows.map((row, index) => ({ ...row, index })), [pages.data?.rows])
  const error = useFailure(pages)
  if (error) {
    return <Failure error={error} busy={pages.isFetching} onRetry={() => void pages.refetch()} />
  }
  return (
    <>
      <Table label="Differences" columns={columns} rows={rows} rowKey={({ index }) => String(index)} skeletonRows={3} />
      {pages.hasNextPage && (
        <div className="list-foot">
          <button
            type="button"
            className="button"
            disabled={pages.isFetching}
            onClick={() => void pages.fetchNextPage()}
          >
            {pages.isFetching ? 'Loading…' : 'Load more'}
          </button>
        </div>
      )}
    </>
  )
}
