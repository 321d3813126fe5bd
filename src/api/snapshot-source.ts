import { randomUUID } from 'node:crypto'
import type { OrderQueries } from '../ports/order-queries.ts'
import type { Pipeline, Snapshot, Totals } from './contract.ts'
import type { ReconciliationState } from './contract/reconciliation.ts'
import { alertView, isoTime, orderSummary } from './views.ts'

const newestMax = 10

export type SnapshotDeps = Readonly<{
  store: Pick<OrderQueries, 'version' | 'searchOrders' | 'searchAlerts'>
  totals: () => Promise<Totals>
  pipeline: (orderCount: number) => Promise<Pipeline>
  reconciliation: () => Promise<ReconciliationState>
  clock: () => number
}>

/** A snapshot as the text of one server-sent event. */
export type Frame = Readonly<{ id: string; text: string }>

type Shown = Readonly<{ version: string; flow: Pipeline; reconciliation: ReconciliationState; frame: Frame }>

/** The newest snapshot: the same object until something has changed. Ids of another run never repeat. */
export function snapshotSource({ store, totals, pipeline, ...deps }: SnapshotDeps): () => Promise<Frame> {
  const run = randomUUID().slice(0, 8)
  let sequence = 0
  let shown: Shown | undefined

  async function read(): Promise<Pick<Snapshot, 'newest_orders' | 'newest_alerts'>> {
    const [orders, alerts] = await Promise.all([
      store.searchOrders({ sort: 'newest', limit: newestMax }),
      store.searchAlerts({ limit: newestMax }),
    ])
    return { newest_orders: orders.items.map(orderSummary), newest_alerts: alerts.items.map(alertView) }
  }

  return async () => {
    // Asked for first: what is read afterwards is of that version or newer, and a newer one is looked at again.
    const version = await store.version()
    const known = await totals()
    const flow = await pipeline(known.order_count)
    const reconciliation = await deps.reconciliation()
    if (shown?.version === version && shown.flow === flow && shown.reconciliation === reconciliation) return shown.frame
    const at = isoTime(deps.clock())
    const snapshot: Snapshot = { at, totals: known, ...(await read()), pipeline: flow, reconciliation }
    const id = `${run}-${(sequence += 1)}`
    const frame = { id, text: `id: ${id}\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n` }
    shown = { version, flow, reconciliation, frame }
    return frame
  }
}
