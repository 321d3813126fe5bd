import { useLive } from '../api/live.ts'
import { ListPage } from '../components/list-page.tsx'
import { Empty } from '../components/query-state.tsx'
import { formatShare, plural } from '../format.ts'
import { alertColumns, alertKey, orderHref } from './columns.tsx'

const noFilter = {}

export function FraudView() {
  const alerts = useLive(({ snapshot }) => snapshot?.totals.alerts)
  const orders = useLive(({ snapshot }) => snapshot?.totals.order_count ?? 0)
  return (
    <ListPage
      title="Fraud"
      note={alerts === undefined ? '' : `${plural(alerts, 'alert')}, ${formatShare(alerts, orders)} of all orders`}
      path="/alerts"
      query={noFilter}
      total={alerts}
      exported
      columns={alertColumns}
      rowKey={alertKey}
      rowHref={orderHref}
      empty={
        <Empty icon="fraud" title="No order was flagged">
          By default an order above 300 from outside the US and Canada raises an alert.
        </Empty>
      }
    />
  )
}
