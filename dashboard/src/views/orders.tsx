import { useMemo } from 'react'
import type { OrderItem } from '../../../src/api/contract.ts'
import { useLive } from '../api/live.ts'
import { ListPage } from '../components/list-page.tsx'
import { Empty } from '../components/query-state.tsx'
import { useFilters } from '../components/use-filters.ts'
import { plural } from '../format.ts'
import { orderColumns, orderHref, orderKey } from './columns.tsx'
import { filterNames, OrderFilters } from './order-filters.tsx'
import { sortingOf } from './order-sorting.ts'

const names = [...filterNames, 'sort'] as const

export function OrdersView() {
  const { filters, setFilters } = useFilters(names)
  const orderCount = useLive(({ snapshot }) => snapshot?.totals.order_count)
  const filtered = filterNames.some((name) => filters[name] !== undefined)
  const newestFirst = (filters.sort ?? 'newest') === 'newest'
  const sorting = useMemo(() => sortingOf(filters.sort, (sort) => setFilters({ sort })), [filters.sort, setFilters])
  return (
    <ListPage<OrderItem>
      title="Orders"
      note={noteOf(filtered, orderCount)}
      path="/orders"
      query={filters}
      total={newestFirst && !filtered ? orderCount : undefined}
      exported
      columns={orderColumns}
      rowKey={orderKey}
      rowHref={orderHref}
      sorting={sorting}
      filters={<OrderFilters filters={filters} onChange={setFilters} />}
      empty={filtered ? <NoMatch onClear={() => setFilters(cleared)} /> : <NoOrders />}
    />
  )
}

const cleared = Object.fromEntries(filterNames.map((name) => [name, undefined]))

function noteOf(filtered: boolean, orderCount: number | undefined): string {
  if (orderCount === undefined) return ''
  return filtered ? `filtered, of ${plural(orderCount, 'order')}` : plural(orderCount, 'order')
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <Empty icon="search" title="No order matches these filters">
      <button type="button" className="button" onClick={onClear}>
        Remove all filters
      </button>
    </Empty>
  )
}

export function NoOrders() {
  return (
    <Empty icon="orders" title="No orders yet">
      Bring your own with <code>npx ordermill import FILE</code>, or make some up with{' '}
      <code>npx ordermill produce</code>.
    </Empty>
  )
}
