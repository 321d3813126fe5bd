import { useState, type ReactNode } from 'react'
import { Link } from 'wouter'
import type { Alert, OrderSummary } from '../../../src/api/contract.ts'
import { useLive } from '../api/live.ts'
import { Panel } from '../components/panel.tsx'
import { Empty } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import type { Column } from '../components/table-column.ts'
import { useFrozen, usePaused } from '../components/use-paused.ts'
import { formatCount } from '../format.ts'
import { alertKey, newestAlertColumns, newestOrderColumns, orderHref, orderKey } from './columns.tsx'
import { NoOrders } from './orders.tsx'

const rowsShown = 8

export function NewestOrders() {
  const snapshot = useLive((state) => state.snapshot)
  return (
    <Newest<OrderSummary>
      title="Newest orders"
      href="/orders"
      rows={snapshot?.newest_orders}
      total={snapshot?.totals.order_count ?? 0}
      columns={newestOrderColumns}
      rowKey={orderKey}
      empty={<NoOrders />}
    />
  )
}

export function NewestAlerts() {
  const snapshot = useLive((state) => state.snapshot)
  return (
    <Newest<Alert>
      title="Newest alerts"
      href="/fraud"
      rows={snapshot?.newest_alerts}
      total={snapshot?.totals.alerts ?? 0}
      columns={newestAlertColumns}
      rowKey={alertKey}
      empty={
        <Empty icon="fraud" title="No order was flagged">
          Alerts appear here as they are raised.
        </Empty>
      }
    />
  )
}

/** Runs along, and stands still while somebody reads it. */
function Newest<Row extends OrderSummary | Alert>(props: {
  title: string
  href: string
  rows: readonly Row[] | undefined
  total: number
  columns: readonly Column<Row>[]
  rowKey: (row: Row) => string
  empty: ReactNode
}) {
  const { title, href, rows, total, columns, rowKey, empty } = props
  const { paused: isRead, handlers } = usePaused()
  const [hasRows, setHasRows] = useState(false)
  if (!hasRows && rows && rows.length > 0) setHasRows(true)
  // A pointer that lies here while the page loads must not hold on to nothing.
  const paused = isRead && hasRows
  const shown = useFrozen(rows, paused)
  const waiting = total - useFrozen(total, paused)
  return (
    <Panel title={title} note={pauseNote(paused, waiting)} actions={<Link href={href}>View all</Link>}>
      <div className="newest" {...handlers}>
        {shown?.length === 0 ? (
          empty
        ) : (
          <Table
            label={title}
            columns={columns}
            rows={shown}
            rowKey={rowKey}
            rowHref={orderHref}
            skeletonRows={rowsShown}
          />
        )}
      </div>
    </Panel>
  )
}

function pauseNote(paused: boolean, waiting: number): ReactNode {
  if (!paused) return null
  return <span className="num">{waiting > 0 ? `Paused, ${formatCount(waiting)} waiting` : 'Paused'}</span>
}
